// SPDX-License-Identifier: GPL-3.0-or-later
// What the window costs on a model of 24 layers, 16 heads and K = V = 128: frames of drags, the way to the
// first picture. usage: window_benchmark [--benchmark_filter=REGEX]      offscreen, software raster
#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/data/local_state_source.hpp"
#include "app/gui/plan_panels/layer_table.hpp"
#include "app/gui/plan_panels/plan_panel.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/window/main_window.hpp"
#include "tests/app/gui/layer_panels/pointer.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"
#include "tests/benchmarks/gui/written_big_capture.hpp"

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <QApplication>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

namespace rankscope::gui {
namespace {

using Clock = std::chrono::steady_clock;

constexpr SampleModel kLarge{24, 16, 16, 128, 128};

double ms(Clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

// Everything that waits, paints included.
void settle(int milliseconds) {
    const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
    while (Clock::now() < end)
        QApplication::processEvents(QEventLoop::AllEvents, 5);
}

struct BigCapture {
    BigCapture() { bytes = writeBigCapture((folder.path() + QStringLiteral("/big.h5")).toStdString()); }

    static const BigCapture& file() {
        static const BigCapture big;
        return big;
    }

    [[nodiscard]] QString path() const { return folder.path() + QStringLiteral("/big.h5"); }

    QTemporaryDir folder;
    std::int64_t bytes = 0;
};

struct Shown {
    explicit Shown(Layout layout)
        : sample(kLarge), window({sample.document, sample.selection, states, sample.engine}) {
        states.open(BigCapture::file().path());
        window.setTheme(Theme::light());
        window.setLayout(layout);
        window.resize(1920, 1080);
        window.show();
        settle(1000);
    }

    SampleWorkspace sample;
    LocalStateSource states;
    MainWindow window;
};

// What this thread has worked, in ms: unlike the clock it leaves out what else the machine does.
double workedMs() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

void report(benchmark::State& state, std::vector<double> times, const std::string& suffix) {
    std::sort(times.begin(), times.end());
    const auto at = [&](double q) {
        return times[static_cast<std::size_t>(q * static_cast<double>(times.size() - 1))];
    };
    state.counters["median_ms" + suffix] = at(0.5);
    state.counters["p99_ms" + suffix] = at(0.99);
    state.counters["max_ms" + suffix] = times.back();
    state.counters["over_16ms" + suffix] =
        static_cast<double>(std::count_if(times.begin(), times.end(), [](double t) { return t > 16; }));
}

// One move of the pointer and all that it makes the window do, painting included, is one frame.
template <typename Move>
void frames(benchmark::State& state, const Move& move) {
    std::vector<double> times, worked;
    int i = 0;
    for (auto _ : state) {
        const auto begin = Clock::now();
        const double before = workedMs();
        move(i++);
        QApplication::processEvents();
        worked.push_back(workedMs() - before);
        times.push_back(ms(Clock::now() - begin));
        state.SetIterationTime(times.back() / 1000);
    }
    report(state, times, "");
    report(state, worked, "_worked");
}

// Back and forth between a fifth and four fifths.
double wave(int i) {
    return 0.2 + 0.6 * std::abs(std::sin(0.05 * i));
}

void sliderFrame(benchmark::State& state) {
    Shown shown(static_cast<Layout>(state.range(0)));
    LayerTable& table = *shown.window.findChild<PlanPanel*>()->table();
    Pointer pointer(*table.viewport());
    const KeptTrack track = table.trackOf(3);
    const auto at = [&](double channels) { return QPointF(track.x(channels), track.track.center().y()); };
    pointer.press(at(static_cast<double>(shown.sample.document.layerChoice(3)->kept)));
    frames(state, [&](int i) { pointer.drag(at(128 * wave(i)), Qt::ShiftModifier); });
    if (!table.isDraggingSlider()) state.SkipWithError("the slider is not being dragged");
    pointer.release(at(64));
}

void cutLineFrame(benchmark::State& state) {
    Shown shown(static_cast<Layout>(state.range(0)));
    shown.sample.selection.setLayer(3);
    settle(200);
    SpectrumView* view = nullptr;
    for (auto* candidate : shown.window.findChildren<SpectrumView*>()) {
        if (candidate->isVisible()) view = candidate;
    }
    if (view == nullptr) {
        state.SkipWithError("no spectrum is shown");
        return;
    }
    Pointer pointer(*view);
    const double y = view->plotRect().center().y();
    const auto at = [&](double index) { return QPointF(view->toPixel({index, 0}).x(), y); };
    pointer.press(at(view->kept() + 0.5));
    frames(state, [&](int i) { pointer.drag(at(128 * wave(i)), Qt::ShiftModifier); });
    if (!view->isDragging()) state.SkipWithError("the cut line is not being dragged");
    pointer.release(at(64));
}

void hoverFrame(benchmark::State& state) {
    Shown shown(Layout::Tune);
    LayerTable& table = *shown.window.findChild<PlanPanel*>()->table();
    Pointer pointer(*table.viewport());
    frames(state, [&](int i) {
        const HeadCells cells = table.headsOf(i / 16 % 24);
        pointer.move(cells.cell(i % 16).center());
    });
}

// A window made, filled and painted; the program's own start comes on top.
void firstPaint(benchmark::State& state) {
    for (auto _ : state) {
        const auto begin = Clock::now();
        SampleWorkspace sample(SampleModel{});
        MainWindow window(sample.workspace);
        window.show();
        QApplication::processEvents();
        QApplication::processEvents();
        state.SetIterationTime(ms(Clock::now() - begin) / 1000);
    }
}

// From open() to the window painted with the capture in it. Argument: 1 = the file is not in memory.
void openCapture(benchmark::State& state) {
    const BigCapture& big = BigCapture::file();
    SampleWorkspace sample(kLarge);
    LocalStateSource states;
    const QString path = big.path();
    double longest = 0;
    for (auto _ : state) {
        MainWindow window({sample.document, sample.selection, states, sample.engine});
        window.setTheme(Theme::light());
        window.resize(1440, 900);
        window.show();
        settle(200);
        if (state.range(0) == 1) {
            const int file = ::open(path.toLocal8Bit().constData(), O_RDONLY);
            ::fdatasync(file);
            ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
            ::close(file);
        }
        bool opened = false, failed = false;
        QObject::connect(&states, &StateSource::opened, &window, [&] { opened = true; });
        QObject::connect(&states, &StateSource::failed, &window, [&] { failed = true; });
        const auto begin = Clock::now();
        states.open(path);
        while (!opened && !failed)
            QApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
        const auto painting = Clock::now();
        QApplication::processEvents();
        longest = std::max(longest, ms(Clock::now() - painting));
        state.SetIterationTime(ms(Clock::now() - begin) / 1000);
        if (failed) state.SkipWithError("the capture was refused");
        states.close();
        settle(20);
    }
    state.counters["MB"] = static_cast<double>(big.bytes) / 1e6;
    state.counters["paint_ms"] = longest;
}

// Arguments: 0 Inspect, 1 Tune.
BENCHMARK(sliderFrame)
    ->ArgName("layout")
    ->Arg(0)
    ->Arg(1)
    ->Iterations(300)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(cutLineFrame)
    ->ArgName("layout")
    ->Arg(0)
    ->Arg(1)
    ->Iterations(300)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(hoverFrame)->Iterations(384)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(firstPaint)->Iterations(5)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(openCapture)
    ->ArgName("cold")
    ->Arg(0)
    ->Arg(1)
    ->Iterations(5)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rankscope::gui

int main(int argc, char** argv) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("QT_SCALE_FACTOR", "1");
    QStandardPaths::setTestModeEnabled(true);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    QApplication application(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("rankscope-benchmark"));
    QApplication::setStyle(QStringLiteral("Fusion"));
    QApplication::setFont(rankscope::gui::applicationFont());
    QSettings().clear();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
