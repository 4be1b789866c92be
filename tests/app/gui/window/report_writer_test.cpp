// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/report_writer.hpp"

#include "tests/support/scratch_folder.hpp"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include <filesystem>

namespace rankscope::gui {
namespace {

TEST(ReportWriter, AFailureIsItsErrorAndItsHint) {
    EXPECT_EQ(failureSaid(QStringLiteral("reading the capture: 1/4 layers (25 %)\n"
                                         "rankscope-cli: cannot write: /a/r.html: Read-only file system\n"
                                         "hint: choose a place that can be written to\n")),
              QStringLiteral(
                  "cannot write: /a/r.html: Read-only file system\nchoose a place that can be written to"));
    EXPECT_EQ(failureSaid(QStringLiteral("  killed\n")), QStringLiteral("killed"));
    EXPECT_EQ(failureSaid({}), QString());
}

// A program that does as rankscope-cli would, without it.
TEST(ReportWriter, TellsWhatTheProgramSaid) {
    rankscope::test::ScratchFolder folder;
    rankscope::test::write_bytes(
        folder / "cli", "#!/bin/sh\necho 'reading: 1/4' >&2\necho 'rankscope-cli: no room' >&2\nexit 5\n");
    std::filesystem::permissions(folder / "cli", std::filesystem::perms::owner_all);
    qputenv("RANKSCOPE_ENGINE", (folder / "cli").c_str());
    ReportWriter writer;
    QSignalSpy finished(&writer, &ReportWriter::finished);
    writer.write([](const QString&) { return QString(); }, QStringLiteral("/a/r.html"));
    EXPECT_TRUE(QTest::qWaitFor([&] { return finished.count() == 1; }, 20000));
    qunsetenv("RANKSCOPE_ENGINE");
    ASSERT_EQ(finished.count(), 1);
    EXPECT_EQ(finished[0][1].toString(), QStringLiteral("no room"));
}

}  // namespace
}  // namespace rankscope::gui
