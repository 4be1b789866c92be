// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/whole_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <csignal>

namespace rankscope::gui {
namespace {

// Files of this process cannot grow beyond a size, as on a full disk.
class SmallDisk {
public:
    explicit SmallDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
    }

    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    ~SmallDisk() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int);
};

QByteArray contentOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

TEST(WholeFile, AFullDiskLeavesTheFormerFile) {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("plans.csv"));
    ASSERT_EQ(writeWholeFile(path, "before\n"), QString());
    // The former one is kept as well where a part of the new one fitted.
    for (const int size : {5000, 8192, 1 << 20}) {
        QString failure;
        {
            const SmallDisk small(4096);
            failure = writeWholeFile(path, QByteArray(size, 'x'));
        }
        EXPECT_TRUE(failure.contains(path)) << failure.toStdString();
        EXPECT_TRUE(failure.contains(QStringLiteral("free some disk space"), Qt::CaseInsensitive))
            << failure.toStdString();
        EXPECT_EQ(contentOf(path), "before\n");
        EXPECT_EQ(QDir(folder.path()).entryList(QDir::Files).size(), 1) << "nothing half is left";
    }
    EXPECT_EQ(writeWholeFile(path, "after\n"), QString());
    EXPECT_EQ(contentOf(path), "after\n");
}

TEST(WholeFile, AFolderThatIsNotThereIsNamed) {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("no/such/plans.csv"));
    const QString failure = writeWholeFile(path, "x");
    EXPECT_TRUE(failure.contains(path)) << failure.toStdString();
    EXPECT_EQ(failure.count(QLatin1Char('\n')), 1) << "what to try is missing";
}

}  // namespace
}  // namespace rankscope::gui
