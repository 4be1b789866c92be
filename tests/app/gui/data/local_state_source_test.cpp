// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data/local_state_source.hpp"

#include "app/gui/data/capture_loading.hpp"
#include "core/capture/detail/library_lock.hpp"
#include "tests/app/gui/data/written_capture.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gmock/gmock.h>

#include <QSignalSpy>
#include <QTest>

namespace rankscope::gui {
namespace {

using test::WrittenCapture;

class LocalStateSourceTest : public testing::Test {
protected:
    LocalStateSourceTest() {
        QObject::connect(
            &source_, &StateSource::stateReady, &source_,
            [this](const StateKey& key, const auto& state) { states_.emplace_back(key, *state); });
        QObject::connect(
            &source_, &StateSource::spectrumAfterReady, &source_,
            [this](const StateKey& key, const auto& values) { spectra_.emplace_back(key, values); });
        QObject::connect(&source_, &StateSource::opened, &source_, [this] { ++opened_; });
        QObject::connect(&source_, &StateSource::failed, &source_,
                         [this](const QString& title, const QString& detail) {
                             failures_.push_back(title + QLatin1String(" | ") + detail);
                         });
    }

    QString write(const WrittenCapture& capture, const std::string& name, std::int64_t windows = 3) {
        capture.write(folder_.path() / name, windows);
        return QString::fromStdString((folder_.path() / name).string());
    }

    bool open(const QString& path) {
        const int before = opened_;
        source_.open(path);
        return QTest::qWaitFor([&] { return opened_ > before || !failures_.isEmpty(); }, 20000)
               && opened_ > before;
    }

    rankscope::test::ScratchFolder folder_;
    std::vector<std::pair<StateKey, std::vector<float>>> states_, spectra_;
    int opened_ = 0;
    QStringList failures_;
    LocalStateSource source_;
};

TEST_F(LocalStateSourceTest, ReadsACaptureAndItsStates) {
    const WrittenCapture written;
    QSignalSpy opening(&source_, &StateSource::opening);
    ASSERT_TRUE(open(write(written, "a.h5"))) << failures_.join(u'\n').toStdString();
    EXPECT_EQ(opening.size(), 1);
    ASSERT_NE(source_.capture(), nullptr);
    EXPECT_EQ(source_.capture()->layout, written.layout);
    const StateKey key{1, 2, 1, 0};
    source_.requestState(key);
    EXPECT_TRUE(states_.empty()) << "never at once";
    ASSERT_TRUE(QTest::qWaitFor([&] { return states_.size() == 1; }));
    EXPECT_EQ(states_[0].first, key);
    EXPECT_EQ(states_[0].second, written.state(1, 2, 2, 0)) << "state 1 is that of position 2";
    source_.requestState(key);
    ASSERT_TRUE(QTest::qWaitFor([&] { return states_.size() == 2; })) << "one that was read before too";
    EXPECT_EQ(states_[1], states_[0]);
}

TEST_F(LocalStateSourceTest, GivesTheSpectrumOfTheRowsThatStay) {
    const WrittenCapture written;
    ASSERT_TRUE(open(write(written, "a.h5")));
    const StateKey key{0, 1, 0, 1};
    const std::vector<std::int32_t> kept{0, 2, 5};
    source_.requestSpectrumAfter(key, kept);
    ASSERT_TRUE(QTest::qWaitFor([&] { return spectra_.size() == 1; }));
    EXPECT_EQ(spectra_[0].first, key);
    EXPECT_EQ(spectra_[0].second, spectrumOfRows(written.state(0, 1, 0, 1), 6, 4, kept));
    source_.requestSpectrumAfter(key, {0, 1, 2, 3, 4, 5});
    ASSERT_TRUE(QTest::qWaitFor([&] { return spectra_.size() == 2; }));
    const auto whole = source_.capture()->spectrum(0, 1, 0, 1);
    EXPECT_THAT(spectra_[1].second,
                testing::Pointwise(testing::FloatNear(1e-5F), std::vector(whole.begin(), whole.end())));
}

TEST_F(LocalStateSourceTest, AnswersTheNewestRequest) {
    const WrittenCapture written;
    ASSERT_TRUE(open(write(written, "a.h5")));
    {
        // Whoever reads waits until all were asked for, however slow this thread is.
        const auto lock = hdf5::library_lock();
        for (int i = 0; i < 200; ++i)
            source_.requestState({0, i % 3, i % 2, 0});
        source_.requestState({1, 0, 0, 1});
    }
    ASSERT_TRUE(QTest::qWaitFor([&] {
        return !states_.empty() && states_.back().first == StateKey{1, 0, 0, 1};
    }));
    EXPECT_LE(states_.size(), 2u) << "overtaken ones stay without an answer: all but the one that was being read";
    for (const auto& [key, state] : states_)
        EXPECT_EQ(state,
                  written.state(static_cast<std::size_t>(key.layer), static_cast<std::size_t>(key.window),
                                key.state == 0 ? 0 : 2, static_cast<std::size_t>(key.head)));
}

TEST_F(LocalStateSourceTest, KeepsTheCaptureBeforeWhenAFileIsNone) {
    const WrittenCapture written;
    ASSERT_TRUE(open(write(written, "a.h5")));
    const auto before = source_.capture();
    const QString bad = QString::fromStdString((folder_ / "bad.h5").string());
    rankscope::test::write_bytes(bad.toStdString(), "this is a text");
    EXPECT_FALSE(open(bad));
    ASSERT_EQ(failures_.size(), 1);
    EXPECT_TRUE(failures_[0].startsWith(QLatin1String("Capture not opened: bad.h5 | ")))
        << failures_[0].toStdString();
    EXPECT_TRUE(failures_[0].contains(bad)) << failures_[0].toStdString();
    EXPECT_EQ(source_.capture(), before);
    source_.requestState({0, 1, 0, 0});
    ASSERT_TRUE(QTest::qWaitFor([&] { return states_.size() == 1; }));
    EXPECT_EQ(states_[0].second, written.state(0, 1, 0, 0));
}

TEST_F(LocalStateSourceTest, RefusesEveryTruncatedFile) {
    const WrittenCapture written;
    const QString path = write(written, "a.h5");
    const std::string bytes = rankscope::test::read_bytes(path.toStdString());
    const QString cut = QString::fromStdString((folder_ / "cut.h5").string());
    for (const double share : {0.0, 0.3, 0.7, 0.98}) {
        rankscope::test::write_bytes(
            cut.toStdString(),
            bytes.substr(0, static_cast<std::size_t>(share * static_cast<double>(bytes.size()))));
        failures_.clear();
        EXPECT_FALSE(open(cut)) << share;
        EXPECT_EQ(failures_.size(), 1);
    }
    EXPECT_EQ(source_.capture(), nullptr);
}

TEST_F(LocalStateSourceTest, OpensWhatACrashLeftBehind) {
    const WrittenCapture written;
    const QString path = write(written, "a.h5", 2) + QLatin1String(".part");
    ASSERT_TRUE(open(path)) << failures_.join(u'\n').toStdString();
    EXPECT_EQ(source_.capture()->windows, 2);
    EXPECT_EQ(source_.capture()->tokens.size(), 2u);
    source_.requestState({0, 2, 0, 0});
    ASSERT_TRUE(QTest::qWaitFor([&] { return !failures_.isEmpty(); })) << "beyond the last flush";
    EXPECT_TRUE(states_.empty());
}

TEST_F(LocalStateSourceTest, RefusesACaptureWithoutAWindow) {
    EXPECT_FALSE(open(write(WrittenCapture(), "a.h5", 0) + QLatin1String(".part")));
    ASSERT_EQ(failures_.size(), 1);
    EXPECT_TRUE(failures_[0].contains(QLatin1String("no window"))
                || failures_[0].contains(QLatin1String("flush")))
        << failures_[0].toStdString();
}

TEST_F(LocalStateSourceTest, SaysOnceThatAStateCannotBeRead) {
    ASSERT_TRUE(open(write(WrittenCapture(), "a.h5")));
    for (int i = 0; i < 3; ++i) {
        source_.requestSpectrumAfter({0, 0, 0, 0}, {0, 6});
        QTest::qWait(20);
    }
    ASSERT_TRUE(QTest::qWaitFor([&] { return !failures_.isEmpty(); }));
    QTest::qWait(60);
    EXPECT_EQ(failures_.size(), 1);
    EXPECT_TRUE(spectra_.empty());
    source_.requestState({9, 0, 0, 0});
    ASSERT_TRUE(QTest::qWaitFor([&] { return failures_.size() == 2; })) << "another complaint";
}

TEST_F(LocalStateSourceTest, AnswersNothingOfACaptureThatWasClosed) {
    const WrittenCapture written;
    ASSERT_TRUE(open(write(written, "a.h5")));
    QSignalSpy closed(&source_, &StateSource::closed);
    source_.requestState({0, 0, 0, 0});
    source_.close();
    EXPECT_EQ(closed.size(), 1);
    EXPECT_EQ(source_.capture(), nullptr);
    source_.requestState({0, 0, 1, 0});
    const WrittenCapture other(2);
    ASSERT_TRUE(open(write(other, "b.h5")));
    EXPECT_TRUE(states_.empty());
    source_.requestState({0, 0, 1, 0});
    ASSERT_TRUE(QTest::qWaitFor([&] { return states_.size() == 1; }));
    EXPECT_EQ(states_[0].second, other.state(0, 0, 2, 0));
}

TEST_F(LocalStateSourceTest, TheLastOfSeveralOpenedStaysOpen) {
    const QString a = write(WrittenCapture(1), "a.h5");
    const WrittenCapture last(2, 2);
    const QString b = write(last, "b.h5", 2);
    for (int i = 0; i < 5; ++i) {
        source_.open(a);
        source_.open(b);
    }
    ASSERT_TRUE(QTest::qWaitFor(
        [&] { return source_.capture() && source_.capture()->path == b.toStdString(); }, 20000));
    source_.requestState({0, 1, 1, 0});
    ASSERT_TRUE(QTest::qWaitFor([&] { return states_.size() == 1; }));
    EXPECT_EQ(states_[0].second, last.state(0, 1, 2, 0));
    EXPECT_TRUE(failures_.isEmpty());
}

TEST_F(LocalStateSourceTest, EndsWhileItReads) {
    const QString path = write(WrittenCapture(), "a.h5");
    for (int i = 0; i < 3; ++i) {
        LocalStateSource source;
        source.open(path);
        source.requestState({0, 0, 0, 0});
    }
}

}  // namespace
}  // namespace rankscope::gui
