// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.hpp"
#include "core/capture/capture_reader.hpp"
#include "core/capture/capture_writer.hpp"
#include "core/spectra/rank_metrics.hpp"
#include "core/spectra/singular_values.hpp"
#include "tests/core/capture/sample_capture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>

namespace rankscope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::read_bytes;
using testing_support::run_command;
using testing_support::Sample;

class CaptureRoundTripTest : public testing_support::CaptureFolder {
protected:
    [[nodiscard]] fs::path file() const { return folder_ / "c.h5"; }

    [[nodiscard]] fs::path part() const { return folder_ / "c.h5.part"; }
};

void expect_window(const CaptureReader& reader, const Sample& sample, std::int64_t w) {
    const CaptureLayout& layout = sample.layout;
    EXPECT_EQ(reader.tokens(w), sample.tokens[static_cast<std::size_t>(w)]);
    std::vector<std::string> texts;
    for (const std::int32_t id : reader.tokens(w)) texts.push_back(Sample::text_of(id));
    EXPECT_EQ(reader.token_text(w), texts);
    for (std::size_t i = 0; i < layout.layers.size(); ++i) {
        const CaptureLayer& l = layout.layers[i];
        const auto heads = static_cast<std::size_t>(l.head_count());
        const std::size_t K = static_cast<std::size_t>(l.key_dim), V = static_cast<std::size_t>(l.value_dim), rank = std::min(K, V);
        const std::vector<float> all = sample.states(i, w);
        // Position 3 is the first, the last token the third of the positions.
        for (std::size_t p : {0U, 1U}) {
            for (std::size_t h = 0; h < heads; ++h) {
                const std::size_t from = ((p == 0 ? 0 : 2) * heads + h) * K * V;
                EXPECT_EQ(reader.state(i, w, p, h), std::vector<float>(all.begin() + static_cast<std::ptrdiff_t>(from),
                                                                       all.begin() + static_cast<std::ptrdiff_t>(from + K * V)));
            }
        }
        const std::vector<float> sigma = reader.singular_values(i, w), stable = reader.metric("rank_stable", i, w);
        const std::vector<float> energy = reader.channel_energy(i, w), spectral = reader.metric("norm_spectral", i, w);
        ASSERT_EQ(sigma.size(), 3 * heads * rank);
        for (std::size_t s = 0; s < 3 * heads; ++s) {
            std::vector<double> expected(rank);
            singular_values(std::span(all).subspan(s * K * V, K * V), 1, l.key_dim, l.value_dim, expected);
            for (std::size_t r = 0; r < rank; ++r) EXPECT_EQ(sigma[s * rank + r], static_cast<float>(expected[r]));
            EXPECT_FLOAT_EQ(stable[s], static_cast<float>(rank_metrics(expected).stable));
            EXPECT_FLOAT_EQ(spectral[s], static_cast<float>(expected[0]));
            double total = 0, squares = 0;
            for (std::size_t c = 0; c < K; ++c) total += energy[s * K + c];
            for (const double x : expected) squares += x * x;
            EXPECT_NEAR(total, squares, 1e-5 * squares);
        }
        EXPECT_EQ(reader.input("q", i, w), sample.numbers('q', i, w, layout.window_tokens * l.key_head_count() * l.key_dim));
        EXPECT_EQ(reader.input("v", i, w), sample.numbers('v', i, w, layout.window_tokens * l.head_count() * l.value_dim));
        EXPECT_EQ(reader.input("beta", i, w), sample.numbers('b', i, w, layout.window_tokens * l.head_count()));
        if (l.gate) {
            EXPECT_EQ(reader.input("g", i, w), sample.numbers('g', i, w, layout.window_tokens * l.head_count()));
        }
    }
}

TEST_F(CaptureRoundTripTest, EverythingComesBack) {
    const Sample sample;
    std::int64_t bytes = 0;
    {
        auto writer = CaptureWriter::create(file(), sample.layout, sample.texts());
        sample.write(writer, 0, 3);
        EXPECT_FALSE(fs::exists(file()));
        bytes = writer.commit();
    }
    EXPECT_FALSE(fs::exists(part()));
    EXPECT_EQ(bytes, static_cast<std::int64_t>(fs::file_size(file())));
    const CaptureReader reader(file());
    EXPECT_TRUE(reader.complete());
    EXPECT_EQ(reader.layout(), sample.layout);
    EXPECT_EQ(reader.provenance(), sample.texts().provenance);
    EXPECT_EQ(reader.creator(), "rankscope test");
    EXPECT_EQ(reader.metrics().size(), rank_metrics_table().size());
    for (std::int64_t w = 0; w < 3; ++w) expect_window(reader, sample, w);
}

TEST_F(CaptureRoundTripTest, ExactZerosStayExactZeros) {
    const Sample sample;
    auto writer = CaptureWriter::create(file(), sample.layout, sample.texts());
    sample.write(writer, 0, 3);
    writer.commit();
    const std::vector<float> sigma = CaptureReader(file()).singular_values(0, 0);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(sigma[i], 0.0F);
    EXPECT_GT(sigma[4], 0.0F);
}

// Ids go into the file chunk by chunk and are read back from it, so that none of them stay in memory.
TEST_F(CaptureRoundTripTest, GivesTokensBackFromTheStart) {
    Sample sample(40, 4096);
    sample.layout.inputs = false;
    auto writer = CaptureWriter::create(file(), sample.layout, sample.texts());
    for (std::int64_t w = 0; w < 40; ++w) EXPECT_EQ(writer.tokens(w), sample.tokens[static_cast<std::size_t>(w)]) << w;
    EXPECT_THROW((void)writer.tokens(40), Error);
    const CaptureReader reader(part());
    EXPECT_EQ(reader.tokens(0), sample.tokens.front());
    EXPECT_EQ(reader.tokens(39), sample.tokens.back());
    EXPECT_EQ(reader.token_text(39)[1], Sample::text_of(3901));
    const auto resumed = [&] {
        { const CaptureWriter gone = std::move(writer); }
        return CaptureWriter::resume(file(), sample.layout, sample.texts());
    }();
    EXPECT_EQ(resumed.tokens(17), sample.tokens[17]);
}

TEST_F(CaptureRoundTripTest, WithoutTextsStatesOrInputs) {
    Sample sample;
    sample.layout.states = sample.layout.inputs = false;
    sample.layout.state_positions.clear();
    CaptureTexts texts = sample.texts();
    texts.token_text = nullptr;
    auto writer = CaptureWriter::create(file(), sample.layout, texts);
    for (std::int64_t w = 0; w < 3; ++w) {
        for (std::size_t i = 0; i < 3; ++i) {
            writer.write_spectra(i, w, 0, spectra_block(sample.states(i, w), sample.layout.layers[i].key_dim, sample.layout.layers[i].value_dim));
        }
        writer.finish_window(w);
    }
    writer.commit();
    const CaptureReader reader(file());
    // Whether a layer has a gate shows in its mixer's name as well.
    EXPECT_EQ(reader.layout(), sample.layout);
    EXPECT_TRUE(reader.token_text(0).empty());
    EXPECT_THROW((void)reader.state(0, 0, 0, 0), Error);
    EXPECT_FALSE(reader.singular_values(2, 2).empty());
}

// The metrics of a made-up capture with ranks: those of its states, as a spectrum gives them.
void write_ranks(CaptureWriter& writer, const Sample& sample, std::int64_t first, std::int64_t end) {
    for (std::int64_t w = first; w < end; ++w) {
        for (std::size_t i = 0; i < sample.layout.layers.size(); ++i) {
            const CaptureLayer& l = sample.layout.layers[i];
            const SpectraBlock block = spectra_block(sample.states(i, w), l.key_dim, l.value_dim);
            std::vector<std::vector<float>> metrics;
            for (std::size_t m = 0; m < rank_metrics_table().size(); ++m) {
                if (rank_metrics_table()[m].of_norms) metrics.push_back(block.metrics[m]);
            }
            writer.write_ranks(i, w, 0, metrics);
        }
        writer.finish_window(w);
    }
}

Sample sample_of_ranks() {
    Sample sample;
    sample.layout.states = sample.layout.spectra = sample.layout.inputs = false;
    sample.layout.ranks = true;
    sample.layout.state_positions.clear();
    return sample;
}

TEST_F(CaptureRoundTripTest, RanksAloneComeBackAndNothingElseIsThere) {
    const Sample sample = sample_of_ranks();
    {
        auto writer = CaptureWriter::create(file(), sample.layout, sample.texts());
        write_ranks(writer, sample, 0, 1);
    }
    EXPECT_EQ(unfinished_windows(file()), 1);
    {
        auto writer = CaptureWriter::resume(file(), sample.layout, sample.texts());
        EXPECT_EQ(writer.windows_done(), 1);
        write_ranks(writer, sample, 1, 3);
        writer.commit();
    }
    const CaptureReader reader(file());
    EXPECT_EQ(reader.layout(), sample.layout);
    EXPECT_EQ(reader.metrics(), (std::vector<std::string>{"rank_stable", "rank_utilisation", "norm_frobenius", "norm_spectral"}));
    for (std::int64_t w = 0; w < 3; ++w) {
        for (std::size_t i = 0; i < sample.layout.layers.size(); ++i) {
            const CaptureLayer& l = sample.layout.layers[i];
            const SpectraBlock block = spectra_block(sample.states(i, w), l.key_dim, l.value_dim);
            for (std::size_t m = 0; m < rank_metrics_table().size(); ++m) {
                const std::string name(rank_metrics_table()[m].name);
                EXPECT_EQ(reader.has(name, i), rank_metrics_table()[m].of_norms) << name;
                if (reader.has(name, i)) {
                    EXPECT_EQ(reader.metric(name, i, w), block.metrics[m]) << name;
                } else {
                    EXPECT_THROW((void)reader.metric(name, i, w), Error) << name;
                }
            }
        }
    }
    EXPECT_THROW((void)reader.singular_values(0, 0), Error);
    EXPECT_THROW((void)reader.channel_energy(0, 0), Error);
}

TEST_F(CaptureRoundTripTest, RanksAndSpectraAreOneOrTheOther) {
    Sample sample = sample_of_ranks();
    {
        auto writer = CaptureWriter::create(file(), sample.layout, sample.texts());
        write_ranks(writer, sample, 0, 1);
    }
    CaptureLayout spectra = sample.layout;
    spectra.ranks = false;
    spectra.spectra = true;
    try {
        auto writer = CaptureWriter::resume(file(), spectra, sample.texts());
        FAIL();
    } catch (const Error& e) {
        EXPECT_THAT(e.what(), HasSubstr("spectra: found 0, expected 1"));
    }
    sample.layout.spectra = true;
    EXPECT_THAT(defect_of(sample.layout), HasSubstr("both spectra and ranks"));
    sample.layout.spectra = false;
    sample.layout.positions.clear();
    EXPECT_THAT(defect_of(sample.layout), HasSubstr("no position"));
    EXPECT_GT(data_bytes(sample_of_ranks().layout), data_bytes(sample.layout));
}

TEST_F(CaptureRoundTripTest, AnAbandonedRunLeavesAPartThatOpensUpToItsLastFlush) {
    const Sample sample;
    {
        auto writer = CaptureWriter::create(file(), sample.layout, sample.texts());
        sample.write(writer, 0, 2);
        // Part of the third window, never finished.
        writer.write_states(0, 2, 0, std::vector<float>(2 * 4 * 4, 7.0F));
    }
    EXPECT_FALSE(fs::exists(file()));
    EXPECT_EQ(unfinished_windows(file()), 2);
    const CaptureReader reader(part());
    EXPECT_FALSE(reader.complete());
    EXPECT_EQ(reader.windows_done(), 2);
    expect_window(reader, sample, 1);
    EXPECT_THROW((void)reader.state(0, 2, 0, 0), Error);
}

// The process dies without any clean-up, and at its worst moment: in the middle of a window.
TEST_F(CaptureRoundTripTest, AKilledProcessLeavesAPartThatOpensAndIsFinishedToTheSameBits) {
    const Sample sample(6);
    const pid_t child = ::fork();
    if (child == 0) {
        auto writer = CaptureWriter::create(file(), sample.layout, sample.texts());
        sample.write(writer, 0, 4);
        writer.write_states(1, 4, 0, std::vector<float>(3 * 3 * 5, 7.0F));
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_FALSE(fs::exists(file()));
    ASSERT_EQ(unfinished_windows(file()), 4);
    expect_window(CaptureReader(part()), sample, 3);
    {
        auto writer = CaptureWriter::resume(file(), sample.layout, sample.texts());
        EXPECT_EQ(writer.windows_done(), 4);
        sample.write(writer, 4, 6);
        writer.commit();
    }
    {
        auto writer = CaptureWriter::create(folder_ / "whole.h5", sample.layout, sample.texts());
        sample.write(writer, 0, 6);
        writer.commit();
    }
    EXPECT_FALSE(fs::exists(part()));
    for (std::int64_t w = 0; w < 6; ++w) expect_window(CaptureReader(file()), sample, w);
    // Bit for bit, but for the moment of creation, whose length is fixed.
    std::string a = read_bytes(file()), b = read_bytes(folder_ / "whole.h5");
    const auto forget_time = [](std::string& bytes, const std::string& created) {
        const std::size_t at = bytes.find(created);
        ASSERT_NE(at, std::string::npos);
        bytes.replace(at, created.size(), created.size(), 'x');
    };
    forget_time(a, CaptureReader(file()).created());
    forget_time(b, CaptureReader(folder_ / "whole.h5").created());
    EXPECT_TRUE(a == b);
}

TEST_F(CaptureRoundTripTest, ResumeRefusesAnotherCapture) {
    const Sample sample;
    {
        auto writer = CaptureWriter::create(file(), sample.layout, sample.texts());
        sample.write(writer, 0, 1);
    }
    const auto message = [&](const CaptureLayout& layout, const CaptureTexts& texts) -> std::string {
        try {
            auto writer = CaptureWriter::resume(file(), layout, texts);
        } catch (const Error& e) {
            EXPECT_EQ(e.kind(), ErrorKind::Input);
            return e.what();
        }
        return "no error";
    };
    CaptureLayout layout = sample.layout;
    layout.positions[1] = 4;
    EXPECT_THAT(message(layout, sample.texts()), HasSubstr("positions: found 5, expected 4"));
    CaptureTexts texts = sample.texts();
    texts.provenance = R"({"model_hash": "other", "text_hash": "def", "plan": null, "device": "cpu", "dtype": "float32"})";
    EXPECT_THAT(message(sample.layout, texts), HasSubstr(R"(model_hash: found "abc", expected "other")"));
    Sample other = sample;
    other.tokens[1][2] = 5;
    EXPECT_THAT(message(sample.layout, other.texts()), HasSubstr("window 1: found other tokens"));
    // Nothing was lost by the attempts.
    EXPECT_EQ(unfinished_windows(file()), 1);
}

TEST_F(CaptureRoundTripTest, ResumeWithoutAUsablePartBeginsAnew) {
    const Sample sample;
    testing_support::write_bytes(part(), "killed before the first flush");
    auto writer = CaptureWriter::resume(file(), sample.layout, sample.texts());
    EXPECT_EQ(writer.windows_done(), 0);
    sample.write(writer, 0, 3);
    writer.commit();
    expect_window(CaptureReader(file()), sample, 2);
}

TEST_F(CaptureRoundTripTest, TwoWritersDoNotMeet) {
    const Sample sample;
    auto writer = CaptureWriter::create(file(), sample.layout, sample.texts());
    sample.write(writer, 0, 1);
    try {
        auto second = CaptureWriter::create(file(), sample.layout, sample.texts());
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::Usage);
        EXPECT_THAT(e.what(), HasSubstr("another process is writing it"));
    }
    sample.write(writer, 1, 3);
    writer.commit();
    expect_window(CaptureReader(file()), sample, 0);
}

TEST_F(CaptureRoundTripTest, AMissingFolderIsNamed) {
    const Sample sample;
    try {
        auto writer = CaptureWriter::create(folder_ / "none" / "c.h5", sample.layout, sample.texts());
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::Usage);
        EXPECT_THAT(e.what(), HasSubstr("No such file"));
    }
}

// Before anything is written: what is needed and what is free.
TEST_F(CaptureRoundTripTest, ACaptureThatCannotFitIsRefusedAtOnce) {
    Sample sample(2, 8);
    for (CaptureLayer& l : sample.layout.layers) {
        l.value_dim = 1 << 23;
        l.key_dim = 1 << 12;
        l.channels.assign(static_cast<std::size_t>(l.key_head_count() * l.key_dim), 0);
    }
    try {
        auto writer = CaptureWriter::create(file(), sample.layout, sample.texts());
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::Resource);
        EXPECT_THAT(e.what(), HasSubstr("free, expected"));
        EXPECT_FALSE(e.hint().empty());
    }
    EXPECT_FALSE(fs::exists(part()));
}

TEST_F(CaptureRoundTripTest, AFullDiskEndsInAResourceErrorAndNoFile) {
    const fs::path disk = folder_ / "disk";
    fs::create_directories(disk);
    if (::mount("none", disk.c_str(), "tmpfs", 0, "size=600k") != 0) GTEST_SKIP() << "needs the right to mount a small tmpfs";
    const Sample sample;
    const auto attempt = [&](std::int64_t filler) {
        testing_support::write_bytes(disk / "filler", std::string(static_cast<std::size_t>(filler), 'x'));
        try {
            auto writer = CaptureWriter::create(disk / "c.h5", sample.layout, sample.texts());
            sample.write(writer, 0, 3);
            writer.commit();
            fs::remove(disk / "c.h5");
            return true;
        } catch (const Error& e) {
            EXPECT_EQ(e.kind(), ErrorKind::Resource) << e.what();
        }
        EXPECT_FALSE(fs::exists(disk / "c.h5"));
        EXPECT_FALSE(fs::exists(disk / "c.h5.part"));
        return false;
    };
    bool fitted = false, failed = false;
    for (std::int64_t filler = 0; filler <= 600 << 10; filler += 16 << 10) (attempt(filler) ? fitted : failed) = true;
    EXPECT_TRUE(fitted);
    EXPECT_TRUE(failed);
    // The estimate is there to say so early; the reservation is what makes it certain, so it is tried alone: the disk fills
    // up right after the capture has begun.
    fs::remove(disk / "filler");
    {
        auto writer = CaptureWriter::create(disk / "c.h5", sample.layout, sample.texts());
        testing_support::write_bytes(disk / "filler", std::string(1 << 20, 'x'));
        sample.write(writer, 0, 3);
        writer.commit();
    }
    expect_window(CaptureReader(disk / "c.h5"), sample, 2);
    ::umount(disk.c_str());
}

TEST_F(CaptureRoundTripTest, MemoryDoesNotGrowWithTheNumberOfWindows) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "AddressSanitizer keeps freed memory";
#endif
    const auto peak = [&](std::int64_t windows) {
        int pipe[2];
        EXPECT_EQ(::pipe(pipe), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const Sample sample(windows);
            auto writer = CaptureWriter::create(file(), sample.layout, sample.texts());
            sample.write(writer, 0, 20);
            long before = 0, after = 0;
            const auto resident = [] {
                long pages = 0, ignored = 0;
                FILE* statm = std::fopen("/proc/self/statm", "r");
                if (std::fscanf(statm, "%ld %ld", &ignored, &pages) != 2) pages = -1;
                std::fclose(statm);
                return pages * 4096L;
            };
            before = resident();
            sample.write(writer, 20, windows);
            writer.commit();
            after = resident();
            const long grown = after - before;
            ::_exit(::write(pipe[1], &grown, sizeof grown) == sizeof grown ? 0 : 1);
        }
        long grown = -1;
        EXPECT_EQ(::read(pipe[0], &grown, sizeof grown), static_cast<ssize_t>(sizeof grown));
        int status = 0;
        ::waitpid(child, &status, 0);
        ::close(pipe[0]);
        ::close(pipe[1]);
        return grown;
    };
    // 1,980 further windows of 6 KB each are 12 MB of numbers.
    EXPECT_LT(peak(2000), 4 << 20);
}

}  // namespace
}  // namespace rankscope
