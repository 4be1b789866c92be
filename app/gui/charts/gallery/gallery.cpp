// SPDX-License-Identifier: GPL-3.0-or-later
// usage: rankscope_chart_gallery [--dark] [--font FAMILY]                 a window with all charts
//        rankscope_chart_gallery --render FOLDER [--dark] [--scale 1.5]   a PNG of each chart as on the
//        screen rankscope_chart_gallery --export FOLDER                          each chart as png, svg, pdf,
//        csv rankscope_chart_gallery --measure                                milliseconds a frame of drags
//        and hovers
#include "app/gui/charts/color_bar.hpp"
#include "app/gui/charts/gallery/sample_data.hpp"
#include "app/gui/charts/plot_export.hpp"
#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/charts/tradeoff_view.hpp"
#include "app/gui/theme/color_map.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QElapsedTimer>
#include <QGridLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QScrollArea>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

using namespace rankscope::gui;

namespace {

struct Exhibit {
    QString name;
    QSize size;
    std::unique_ptr<PlotView> view;
};

std::vector<Exhibit> exhibits() {
    std::vector<Exhibit> all;
    const auto add = [&](const char* name, QSize size, auto view, const auto& data) {
        view->setData(data);
        all.push_back({QString::fromLatin1(name), size, std::move(view)});
    };
    add("spectrum", {640, 380}, std::make_unique<SpectrumView>(), sample::spectrum(4, 64));
    static_cast<SpectrumView*>(all.back().view.get())->setHoverIndex(17);
    add("spectrum-hostile", {420, 320}, std::make_unique<SpectrumView>(), sample::hostileSpectrum());
    add("spectrum-large", {640, 380}, std::make_unique<SpectrumView>(), sample::spectrum(16, 128, 368));
    add("rank-over-tokens", {340, 220}, std::make_unique<RankOverTokensView>(), sample::rankOverTokens(4));
    add("rank-over-tokens-16", {420, 240}, std::make_unique<RankOverTokensView>(),
        sample::rankOverTokens(16));
    add("heads-by-layer", {320, 240}, std::make_unique<HeadsByLayerView>(), sample::headsByLayer(6, 4));
    add("heads-by-layer-24", {560, 260}, std::make_unique<HeadsByLayerView>(), sample::headsByLayer(24, 16));
    add("tradeoff", {420, 420}, std::make_unique<TradeoffView>(), sample::tradeoff());
    TradeoffData speed = sample::tradeoff();
    speed.x = TradeoffX::DecodeSpeed;
    add("tradeoff-speed", {520, 360}, std::make_unique<TradeoffView>(), speed);
    const std::pair<const char*, HeatMapKind> tiles[] = {{"state", HeatMapKind::State},
                                                         {"reconstruction", HeatMapKind::Reconstruction},
                                                         {"error", HeatMapKind::Error},
                                                         {"gram", HeatMapKind::Gram}};
    for (const auto& [name, kind] : tiles) {
        add(name, {320, 340}, std::make_unique<HeatMapView>(), sample::heatMap(kind));
        all.back().view->setHeading(all.back().view->accessibleName(), QStringLiteral("64 × 64"));
    }
    add("state-small", {230, 290}, std::make_unique<HeatMapView>(), sample::heatMap(HeatMapKind::State));
    add("singular-values", {240, 290}, std::make_unique<SingularValuesView>(), sample::singularValues());
    all.back().view->setHeading(QStringLiteral("Singular values"), QStringLiteral("drag k"));
    add("noise-amplification", {340, 260}, std::make_unique<NoiseView>(), sample::noise());
    auto perplexity = std::make_unique<NoiseView>();
    perplexity->setMode(NoiseMode::Perplexity);
    add("noise-perplexity", {380, 280}, std::move(perplexity), sample::noise());
    add("empty", {320, 200}, std::make_unique<SpectrumView>(), SpectrumData{});
    all.back().view->setEmptyText(QStringLiteral("This model has no captured states yet"));
    return all;
}

void layOut(QWidget& widget, const QSize& size) {
    widget.setAttribute(Qt::WA_DontShowOnScreen);
    widget.resize(size);
    widget.show();
    QApplication::processEvents();
}

int render(const QString& folder, const Theme& theme) {
    QDir().mkpath(folder);
    for (Exhibit& exhibit : exhibits()) {
        exhibit.view->setTheme(theme);
        layOut(*exhibit.view, exhibit.size);
        const QString path = folder + QLatin1Char('/') + exhibit.name + QStringLiteral(".png");
        if (!exhibit.view->grab().save(path)) {
            std::fprintf(stderr, "%s: cannot be written\n", qPrintable(path));
            return 1;
        }
    }
    // Icons and colour bars on one sheet.
    QWidget sheet;
    sheet.setPalette(theme.palette());
    sheet.setAutoFillBackground(true);
    auto* grid = new QGridLayout(&sheet);
    int place = 0;
    for (const QString& name : iconNames()) {
        auto* label = new QLabel;
        label->setPixmap(iconPixmap(name, theme.color(Role::Ink2), 16, sheet.devicePixelRatioF()));
        grid->addWidget(label, place / 15, place % 15);
        ++place;
    }
    for (int i = 0; i < 2; ++i) {
        auto* bar = new ColorBar;
        bar->setTheme(theme);
        i == 0 ? bar->setScale({}, sequentialColors(SequentialMap::Viridis), QStringLiteral("1"),
                               QStringLiteral("5.1"), false)
               : bar->setScale(QStringLiteral("S"), divergingColors(theme), QStringLiteral("−0.6"),
                               QStringLiteral("+0.6"), true);
        grid->addWidget(bar, 4 + i, 0, 1, 15);
    }
    layOut(sheet, {460, 200});
    return sheet.grab().save(folder + QStringLiteral("/signs.png")) ? 0 : 1;
}

int exportAll(const QString& folder) {
    QDir().mkpath(folder);
    ExportOptions options;
    options.caption = QStringLiteral("model 51ab… · made-up numbers · seed 20");
    for (Exhibit& exhibit : exhibits()) {
        exhibit.view->resize(exhibit.size);
        for (const char* suffix : {"png", "svg", "pdf", "tex", "csv"}) {
            const QString path =
                folder + QLatin1Char('/') + exhibit.name + QLatin1Char('.') + QLatin1String(suffix);
            const QString problem = exportPlot(*exhibit.view, path, options);
            if (problem.isEmpty()) continue;
            std::fprintf(stderr, "%s\n", qPrintable(problem));
            return 1;
        }
    }
    return 0;
}

void send(PlotView& view, QEvent::Type type, const QPointF& at, Qt::MouseButton button,
          Qt::MouseButtons buttons) {
    QMouseEvent event(type, at, view.viewport()->mapToGlobal(at), button, buttons, Qt::ShiftModifier);
    QApplication::sendEvent(view.viewport(), &event);
}

class PaintCounter : public QObject {
public:
    int paints = 0;

    bool eventFilter(QObject* /*watched*/, QEvent* event) override {
        if (event->type() == QEvent::Paint) ++paints;
        return false;
    }
};

// From the change to the painted viewport. Says how many frames were painted: an unpainted one would cost
// nothing.
void timeFrames(PlotView& view, const std::string& what, int count, const std::function<void(int)>& change) {
    std::vector<double> times;
    QElapsedTimer timer;
    PaintCounter counter;
    view.viewport()->installEventFilter(&counter);
    for (int i = 0; i < count; ++i) {
        timer.start();
        change(i);
        QApplication::processEvents();
        times.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    }
    std::sort(times.begin(), times.end());
    std::printf("%-48s median %5.1f ms, 95 %% %5.1f ms, longest %5.1f ms (%d of %d painted)\n", what.c_str(),
                times[times.size() / 2], times[times.size() * 95 / 100], times.back(), counter.paints, count);
}

int measure() {
    const std::tuple<int, int, int, QSize> cases[] = {{4, 64, 0, {640, 380}}, {16, 128, 368, {900, 600}}};
    for (const auto& [heads, channels, others, size] : cases) {
        SpectrumView view;
        view.setData(sample::spectrum(heads, channels, others));
        view.resize(size);
        view.show();
        for (int i = 0; i < 3; ++i)
            QApplication::processEvents();
        const double y = view.plotRect().center().y();
        const auto x = [&](double index) { return view.toPixel({index, 0}).x(); };
        const std::string name = std::to_string(heads + others) + " spectra, " + std::to_string(size.width())
                                 + "x" + std::to_string(size.height());
        const int last = channels;
        send(view, QEvent::MouseButtonPress, {x(view.kept() + 0.5), y}, Qt::LeftButton, Qt::LeftButton);
        timeFrames(view, name + ": drag of the cut line", 200, [&](int i) {
            send(view, QEvent::MouseMove, {x(last * (0.2 + 0.6 * std::abs(std::sin(0.05 * i)))), y},
                 Qt::NoButton, Qt::LeftButton);
        });
        send(view, QEvent::MouseButtonRelease, {x(view.kept() + 0.5), y}, Qt::LeftButton, Qt::NoButton);
        std::vector<float> after = view.data().afterPruning;
        timeFrames(view, name + ": curve after pruning", 60, [&](int i) {
            std::vector<float> cut(after.begin(), after.begin() + 10 + i % 30);
            view.setAfterPruning(cut, false);
        });
        timeFrames(view, name + ": cross-hair", 100, [&](int i) {
            send(view, QEvent::MouseMove, {x(2 + i % (last - 4)), y}, Qt::NoButton, Qt::NoButton);
        });
        timeFrames(view, name + ": everything anew", 10,
                   [&](int i) { view.setTheme(i % 2 == 0 ? Theme::dark() : Theme::light()); });
    }
    TradeoffView tradeoff;
    tradeoff.setData(sample::tradeoff());
    tradeoff.resize(420, 420);
    tradeoff.show();
    for (int i = 0; i < 3; ++i)
        QApplication::processEvents();
    TradeoffDot dot =
        *std::find_if(tradeoff.data().dots.begin(), tradeoff.data().dots.end(),
                      [&](const TradeoffDot& other) { return other.id == tradeoff.data().current; });
    timeFrames(tradeoff, "trade-off: the current dot moves", 100, [&](int i) {
        dot.stateKib = 100 + 2 * i;
        tradeoff.setDot(dot);
    });
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; ++i) {
        // Before the application: Qt reads it when it starts.
        if (qstrcmp(argv[i], "--scale") == 0) qputenv("QT_SCALE_FACTOR", argv[i + 1]);
    }
    QApplication application(argc, argv);
    QApplication::setStyle(QStringLiteral("Fusion"));
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOptions(
        {{QStringLiteral("dark"), QStringLiteral("Dark theme.")},
         {QStringLiteral("render"), QStringLiteral("PNG of each chart."), QStringLiteral("folder")},
         {QStringLiteral("export"), QStringLiteral("Each chart in all formats."), QStringLiteral("folder")},
         {QStringLiteral("measure"), QStringLiteral("Time a frame takes.")},
         {QStringLiteral("font"), QStringLiteral("Font family."), QStringLiteral("family")},
         {QStringLiteral("scale"), QStringLiteral("Scale of the screen."), QStringLiteral("factor")}});
    parser.process(application);
    QFont font = applicationFont();
    if (parser.isSet(QStringLiteral("font"))) font.setFamily(parser.value(QStringLiteral("font")));
    font.setPointSizeF(9.75);
    QApplication::setFont(font);
    const Theme& theme = parser.isSet(QStringLiteral("dark")) ? Theme::dark() : Theme::light();
    if (parser.isSet(QStringLiteral("render"))) return render(parser.value(QStringLiteral("render")), theme);
    if (parser.isSet(QStringLiteral("export"))) return exportAll(parser.value(QStringLiteral("export")));
    if (parser.isSet(QStringLiteral("measure"))) return measure();

    QScrollArea window;
    window.setPalette(theme.palette());
    auto* content = new QWidget;
    auto* grid = new QGridLayout(content);
    int place = 0;
    for (Exhibit& exhibit : exhibits()) {
        exhibit.view->setTheme(theme);
        exhibit.view->setMinimumSize(exhibit.size);
        grid->addWidget(exhibit.view.release(), place / 3, place % 3);
        ++place;
    }
    window.setWidget(content);
    window.setWidgetResizable(true);
    window.resize(1440, 900);
    window.show();
    return QApplication::exec();
}
