// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/message.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/protocol/cbor.hpp"
#include "core/protocol/frame.hpp"

namespace rankscope::protocol {
namespace {

using Bytes = Value::Bytes;

Value sample() {
    return Value::Object{{"plan", Value::Array{Value(1), Value(2.5), Value("a name"), Value(true), Value()}},
                         {"states", Bytes{0, 255, 7}},
                         {"negative", std::int64_t{-5'000'000'000}},
                         {"inner", Value::Object{{"x", Value("µ")}}}};
}

std::vector<Bytes> all_of(FrameDecoder& decoder) {
    std::vector<Bytes> out;
    while (auto body = decoder.next()) out.push_back(std::move(*body));
    return out;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Cbor, ComesBackAsItWentIn) {
    EXPECT_EQ(decode_cbor(encode_cbor(sample())), sample());
}

TEST(Cbor, EveryTruncationAndTrailingBytesAreRefused) {
    Bytes bytes = encode_cbor(sample());
    for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_THROW((void)decode_cbor(std::span(bytes).first(n)), Error) << n;
    bytes.push_back(0);
    EXPECT_THROW((void)decode_cbor(bytes), Error);
}

TEST(Cbor, DepthAndPromisedSizesAreBounded) {
    const Bytes deep(1'000'000, 0x81);  // arrays of one array of one array ...
    EXPECT_THROW((void)decode_cbor(deep), Error);
    const Bytes large{0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};  // an array of 2^63 items
    EXPECT_THROW((void)decode_cbor(large), Error);
    const Bytes text{0x7b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    EXPECT_THROW((void)decode_cbor(text), Error);
}

TEST(Cbor, RandomBytesAreRefusedOrUnderstoodButNeverCrash) {
    Random random(7);
    const Bytes good = encode_cbor(sample());
    int refused = 0;
    for (int i = 0; i < 20000; ++i) {
        Bytes bytes = good;
        for (int n = 0; n < 3; ++n) bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.below(256));
        try {
            const Value value = decode_cbor(bytes);
            EXPECT_EQ(decode_cbor(encode_cbor(value)).kind(), value.kind());
        } catch (const Error& e) {
            EXPECT_EQ(e.kind(), ErrorKind::Input);
            ++refused;
        }
    }
    EXPECT_GT(refused, 1000);
}

TEST(Message, RequestResultNotificationAndFailureComeBack) {
    for (const Message& message : {request(3, "evaluate", sample()), notification("progress", sample()), result(3, sample()),
                                   failure(std::nullopt, {kParseError, "cannot read", "try again", {}}),
                                   failure(4, {5, "cannot load", "fetch it", kNoLibTorch})}) {
        const Bytes framed_bytes = encode(message);
        FrameDecoder decoder;
        decoder.feed(framed_bytes);
        const auto bodies = all_of(decoder);
        ASSERT_EQ(bodies.size(), 1u);
        const Message back = decode(bodies.front());
        EXPECT_EQ(back.kind, message.kind);
        EXPECT_EQ(back.id, message.id);
        EXPECT_EQ(back.method, message.method);
        EXPECT_EQ(back.payload, message.payload);
        EXPECT_EQ(back.error.message, message.error.message);
        EXPECT_EQ(back.error.hint, message.error.hint);
        EXPECT_EQ(back.error.cause, message.error.cause);
        // JSON-RPC has a member for what is more than code and message.
        const Value tree = decode_cbor(bodies.front());
        const Value* error = tree.find("error");
        EXPECT_EQ(error != nullptr && error->find("data") != nullptr, !message.error.cause.empty());
    }
    EXPECT_THROW((void)decode(encode_cbor(Value(5))), Error);
    EXPECT_THROW((void)decode(encode_cbor(Value::Object{{"jsonrpc", Value("1.0")}, {"method", Value("x")}})), Error);
}

TEST(FrameDecoder, CutsTheStreamWhereverItIsSplit) {
    Bytes stream = encode(request(1, "hello", sample()));
    const Bytes second = encode(notification("progress", sample()));
    stream.insert(stream.end(), second.begin(), second.end());
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        FrameDecoder decoder;
        decoder.feed(std::span(stream).first(cut));
        auto bodies = all_of(decoder);
        decoder.feed(std::span(stream).subspan(cut));
        for (Bytes& body : all_of(decoder)) bodies.push_back(std::move(body));
        ASSERT_EQ(bodies.size(), 2u) << cut;
        EXPECT_EQ(decode(bodies[1]).method, "progress");
        EXPECT_FALSE(decoder.within_message());
    }
}

TEST(FrameDecoder, SkipsWhatAShellPrintsBeforeTheGreeting) {
    FrameDecoder decoder(FrameDecoder::Greeting::Expected);
    decoder.feed(bytes_of("Last login: today\nWelcome RANKSCOPE\n" + greeting()));
    EXPECT_TRUE(decoder.greeted());
    EXPECT_NE(decoder.noise().find("Last login"), std::string::npos);
    decoder.feed(encode(notification("x", Value())));
    EXPECT_EQ(all_of(decoder).size(), 1u);
}

TEST(FrameDecoder, NamesAnotherVersionAndGivesUpWithoutAGreeting) {
    FrameDecoder other(FrameDecoder::Greeting::Expected);
    try {
        other.feed(bytes_of("RANKSCOPE 2\n"));
        FAIL() << "another version was taken";
    } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::Unsupported);
        EXPECT_NE(std::string(e.what()).find('2'), std::string::npos);
    }
    FrameDecoder silent(FrameDecoder::Greeting::Expected);
    EXPECT_THROW(silent.feed(bytes_of(std::string(2 << 20, 'x'))), Error);
}

TEST(FrameDecoder, AnOversizedMessageIsSkippedAndTheStreamGoesOn) {
    FrameDecoder decoder;
    decoder.feed(Bytes{0x01, 0x00, 0x00, 0x40});  // 2^30 + 1
    EXPECT_THROW((void)decoder.next(), Error);
    const Bytes piece(std::size_t{1} << 24, 0);
    for (int i = 0; i < 64; ++i) decoder.feed(piece);
    decoder.feed(Bytes{0});
    decoder.feed(encode(notification("alive", Value())));
    const auto bodies = all_of(decoder);
    ASSERT_EQ(bodies.size(), 1u);
    EXPECT_EQ(decode(bodies.front()).method, "alive");
}

}  // namespace
}  // namespace rankscope::protocol
