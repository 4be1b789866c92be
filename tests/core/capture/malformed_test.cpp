// SPDX-License-Identifier: Apache-2.0
// Files that are no captures, or damaged ones: a clear error, quickly, in little memory.
#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/capture/capture_reader.hpp"
#include "core/capture/capture_writer.hpp"
#include "tests/core/capture/sample_capture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <hdf5.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>

namespace rankscope {
namespace {

using testing::HasSubstr;
using testing_support::read_bytes;
using testing_support::Sample;
using testing_support::write_bytes;

// Everything a reader can ask for.
void read_everything(const std::filesystem::path& path) {
    const CaptureReader reader(path);
    (void)reader.provenance();
    (void)reader.created();
    for (std::int64_t w = 0; w < std::min<std::int64_t>(reader.windows_done(), 4); ++w) {
        (void)reader.tokens(w);
        (void)reader.token_text(w);
        for (std::size_t l = 0; l < reader.layout().layers.size(); ++l) {
            (void)reader.state(l, w, 0, 0);
            (void)reader.singular_values(l, w);
            (void)reader.channel_energy(l, w);
            for (const std::string& metric : reader.metrics()) (void)reader.metric(metric, l, w);
            (void)reader.input("q", l, w);
        }
    }
}

class MalformedCaptureTest : public testing_support::CaptureFolder {
protected:
    void SetUp() override {
        CaptureFolder::SetUp();
        const Sample sample;
        auto writer = CaptureWriter::create(file(), sample.layout, sample.texts());
        sample.write(writer, 0, 3);
        writer.commit();
    }

    [[nodiscard]] std::filesystem::path file() const { return folder_ / "c.h5"; }

    // Message of the error that reading it ends in; under 5 s and, all in all, 600 MB.
    static std::string refusal(const std::filesystem::path& path, ErrorKind kind = ErrorKind::Input) {
        const auto began = std::chrono::steady_clock::now();
        std::string message = "no error";
        try {
            read_everything(path);
        } catch (const Error& e) {
            EXPECT_EQ(e.kind(), kind) << e.what();
            EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
            message = e.what();
        }
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
        struct rusage usage {};
        ::getrusage(RUSAGE_SELF, &usage);
        EXPECT_LT(usage.ru_maxrss, 600L << 10);
        return message;
    }

    // Applies a change with the HDF5 library itself.
    void change(const std::function<void(hid_t)>& edit) const {
        const hid_t id = H5Fopen(file().c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        ASSERT_GE(id, 0);
        edit(id);
        ASSERT_GE(H5Fclose(id), 0);
    }

    static void remove(hid_t id, const char* name) { ASSERT_GE(H5Ldelete(id, name, H5P_DEFAULT), 0); }

    // Replaces a dataset by one without stored data.
    static void replace(hid_t id, const char* name, hid_t type, const std::vector<hsize_t>& shape, bool chunked = false) {
        remove(id, name);
        const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
        const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
        if (chunked) {
            H5Pset_chunk(creation, static_cast<int>(shape.size()), std::vector<hsize_t>(shape.size(), 16).data());
            H5Pset_deflate(creation, 9);
        }
        const hid_t set = H5Dcreate2(id, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
        ASSERT_GE(set, 0);
        H5Dclose(set);
        H5Pclose(creation);
        H5Sclose(space);
    }

    static void set_integer(hid_t id, const char* object, const char* name, std::int64_t value) {
        const hid_t owner = H5Oopen(id, object, H5P_DEFAULT);
        const hid_t attribute = H5Aopen(owner, name, H5P_DEFAULT);
        ASSERT_GE(H5Awrite(attribute, H5T_NATIVE_INT64, &value), 0);
        H5Aclose(attribute);
        H5Oclose(owner);
    }
};

TEST_F(MalformedCaptureTest, TheSampleItselfIsFine) {
    EXPECT_EQ(refusal(file()), "no error");
}

TEST_F(MalformedCaptureTest, NoFileNoRegularFileNoHdf5) {
    EXPECT_THAT(refusal(folder_ / "none.h5"), HasSubstr("found no such file"));
    EXPECT_THAT(refusal(folder_), HasSubstr("found no regular file"));
    ASSERT_EQ(::mkfifo((folder_ / "pipe.h5").c_str(), 0600), 0);
    EXPECT_THAT(refusal(folder_ / "pipe.h5"), HasSubstr("found no regular file"));
    for (const std::string& bytes : {std::string(), std::string("text"), std::string(100000, 'x'), std::string("\x89HDF\r\n\x1a\n")}) {
        write_bytes(folder_ / "no.h5", bytes);
        EXPECT_THAT(refusal(folder_ / "no.h5"), HasSubstr("bad capture")) << bytes.size();
    }
    write_bytes(folder_ / "no.h5", "just text");
    EXPECT_THAT(refusal(folder_ / "no.h5"), HasSubstr("found no HDF5 file (9 bytes)"));
}

TEST_F(MalformedCaptureTest, ATruncatedFile) {
    const std::string bytes = read_bytes(file());
    for (const double share : {0.999, 0.9, 0.5, 0.1, 0.01}) {
        write_bytes(folder_ / "cut.h5", bytes.substr(0, static_cast<std::size_t>(share * static_cast<double>(bytes.size()))));
        EXPECT_THAT(refusal(folder_ / "cut.h5"), HasSubstr("bad capture")) << share;
    }
    write_bytes(folder_ / "cut.h5", bytes.substr(0, bytes.size() - 1));
    EXPECT_THAT(refusal(folder_ / "cut.h5"), HasSubstr("truncated: found "));
}

TEST_F(MalformedCaptureTest, AnotherKindAndAnotherVersion) {
    change([](hid_t id) { set_integer(id, "/", "format_version", 7); });
    EXPECT_THAT(refusal(file(), ErrorKind::Unsupported), HasSubstr("found format_version 7, expected 1"));
    change([](hid_t id) { ASSERT_GE(H5Adelete(id, "format"), 0); });
    EXPECT_THAT(refusal(file()), HasSubstr("another kind"));
}

TEST_F(MalformedCaptureTest, MissingParts) {
    for (const char* name : {"entry/layers/layer_10/states", "entry/layers/layer_10/position", "entry/layers/layer_02/singular_values",
                             "entry/layers/layer_100/channel", "entry/tokens", "entry/provenance", "entry/layers/layer_02/k", "entry/layers", "entry"}) {
        SetUp();
        change([&](hid_t id) { remove(id, name); });
        EXPECT_THAT(refusal(file()), HasSubstr("found")) << name;
        TearDown();
    }
    SetUp();
    change([](hid_t id) { ASSERT_GE(H5Adelete_by_name(id, "entry/layers/layer_02", "key_dim", H5P_DEFAULT), 0); });
    EXPECT_THAT(refusal(file()), HasSubstr("attribute key_dim: found none"));
}

TEST_F(MalformedCaptureTest, WrongShapesAndTypes) {
    change([](hid_t id) { replace(id, "entry/layers/layer_02/states", H5T_IEEE_F32LE, {3, 2, 2, 4, 5}); });
    EXPECT_THAT(refusal(file()), HasSubstr("states: found shape [3, 2, 2, 4, 5], expected [3, 2, 2, 4, 4]"));
    SetUp();
    change([](hid_t id) { replace(id, "entry/layers/layer_10/beta", H5T_STD_I32LE, {3, 8, 3}); });
    EXPECT_THAT(refusal(file()), HasSubstr("beta: found integers, expected floating-point numbers"));
    SetUp();
    change([](hid_t id) { replace(id, "entry/tokens", H5T_STD_I32LE, {24}); });
    EXPECT_THAT(refusal(file()), HasSubstr("tokens: found 1 dimensions, expected 2"));
    SetUp();
    change([](hid_t id) { replace(id, "entry/layers/layer_02/states", H5T_IEEE_F32LE, {3, 2, 2, 4, 4}); });
    EXPECT_THAT(refusal(file()), HasSubstr("states: found 0 bytes stored"));
}

TEST_F(MalformedCaptureTest, AbsurdSizes) {
    const hsize_t huge = hsize_t{1} << 39;
    for (const char* name : {"entry/layers/layer_02/position", "entry/layers/layer_02/window_start", "entry/layers/layer_02/head"}) {
        for (const bool chunked : {false, true}) {
            SetUp();
            change([&](hid_t id) { replace(id, name, H5T_STD_I64LE, {huge}, chunked); });
            EXPECT_THAT(refusal(file()), HasSubstr("bytes stored")) << name;
        }
    }
    SetUp();
    change([&](hid_t id) { replace(id, "entry/tokens", H5T_STD_I32LE, {huge, huge}, true); });
    EXPECT_THAT(refusal(file()), HasSubstr("tokens"));
    for (const auto& [attribute, value] : {std::pair{"key_dim", std::int64_t{1} << 62}, {"value_dim", -1}, {"key_heads", 0}, {"value_heads", 1 << 20}, {"value_dim", 1 << 20}}) {
        SetUp();
        change([&](hid_t id) { set_integer(id, "entry/layers/layer_10", attribute, value); });
        EXPECT_THAT(refusal(file()), HasSubstr("bad capture")) << attribute;
    }
    SetUp();
    change([](hid_t id) { set_integer(id, "entry", "windows_done", 4); });
    EXPECT_THAT(refusal(file()), HasSubstr("windows_done: found 4, expected 0 to 3"));
}

TEST_F(MalformedCaptureTest, LinksToElsewhereAreNotFollowed) {
    change([](hid_t id) {
        remove(id, "entry/layers/layer_02/states");
        ASSERT_GE(H5Lcreate_external("/etc/hostname", "/x", id, "entry/layers/layer_02/states", H5P_DEFAULT, H5P_DEFAULT), 0);
    });
    EXPECT_THAT(refusal(file()), HasSubstr("states: found a link to elsewhere"));
    SetUp();
    change([](hid_t id) {
        remove(id, "entry/layers");
        ASSERT_GE(H5Lcreate_soft("/entry", id, "entry/layers", H5P_DEFAULT, H5P_DEFAULT), 0);
    });
    EXPECT_THAT(refusal(file()), HasSubstr("layers: found a link to elsewhere"));
}

// Damage anywhere may go unnoticed where it hits numbers, but it never crashes, hangs or eats the memory. In child processes,
// since it is HDF5 that parses.
TEST_F(MalformedCaptureTest, RandomDamageNeverCrashesSlow) {
    const std::string bytes = read_bytes(file());
    Random random(17);
    int crashed = 0;
    for (int round = 0; round < 20; ++round) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::alarm(300);
#ifndef __SANITIZE_ADDRESS__
            // AddressSanitizer maps its shadow of the whole address space.
            const struct rlimit memory {std::uint64_t{2} << 30, std::uint64_t{2} << 30};
            ::setrlimit(RLIMIT_AS, &memory);
#endif
            int code = 0;
            for (int i = 0; i < 10; ++i) {
                std::string damaged = bytes;
                for (std::uint64_t n = 1 + random.below(8); n > 0; --n) damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
                write_bytes(folder_ / "damaged.h5", damaged);
                try {
                    read_everything(folder_ / "damaged.h5");
                } catch (const Error&) {
                    // Refused, as it should be where the damage is seen.
                } catch (...) {
                    code = 1;
                }
            }
            ::_exit(code);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        crashed += !WIFEXITED(status) || WEXITSTATUS(status) != 0 ? 1 : 0;
        random = Random(static_cast<std::uint64_t>(round) + 100);
    }
    EXPECT_EQ(crashed, 0);
}

}  // namespace
}  // namespace rankscope
