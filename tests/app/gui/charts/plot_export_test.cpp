// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/plot_export.hpp"

#include "app/gui/charts/gallery/sample_data.hpp"
#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/charts/tradeoff_view.hpp"
#include "tests/app/gui/charts/shown_view.hpp"

#include <QFile>
#include <QRegularExpression>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QTransform>
#include <QXmlStreamReader>

#include <algorithm>

namespace rankscope::gui {
namespace {

QByteArray contentOf(const QString& path) {
    QFile file(path);
    EXPECT_TRUE(file.open(QIODevice::ReadOnly)) << path.toStdString();
    return file.readAll();
}

QTransform transformOf(QStringView text) {
    static const QRegularExpression number(QStringLiteral("-?[0-9.]+(e-?[0-9]+)?"));
    QList<double> m;
    for (auto match = number.globalMatch(text.toString()); match.hasNext();)
        m.append(match.next().captured().toDouble());
    return m.size() == 6 ? QTransform(m[0], m[1], m[2], m[3], m[4], m[5]) : QTransform();
}

struct SvgContent {
    QStringList texts;
    double lowest = 0;  ///< largest y of any line with more than eight points: curves, bands
    int curves = 0;
};

SvgContent read(const QByteArray& svg) {
    static const QRegularExpression pair(
        QStringLiteral("(-?[0-9.]+(?:e-?[0-9]+)?),(-?[0-9.]+(?:e-?[0-9]+)?)"));
    SvgContent content;
    QXmlStreamReader xml(svg);
    QTransform transform;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement) continue;
        if (xml.name() == QLatin1String("g"))
            transform = transformOf(xml.attributes().value(QLatin1String("transform")));
        if (xml.name() == QLatin1String("text")) {
            content.texts.append(xml.readElementText(QXmlStreamReader::IncludeChildElements).simplified());
            continue;
        }
        QString points = xml.attributes().value(QLatin1String("points")).toString();
        if (points.isEmpty()) points = xml.attributes().value(QLatin1String("d")).toString();
        QList<QPointF> found;
        for (auto match = pair.globalMatch(points); match.hasNext();) {
            const QRegularExpressionMatch one = match.next();
            found.append(transform.map(QPointF(one.captured(1).toDouble(), one.captured(2).toDouble())));
        }
        if (found.size() <= 8) continue;
        ++content.curves;
        for (const QPointF& point : found)
            content.lowest = std::max(content.lowest, point.y());
    }
    EXPECT_FALSE(xml.hasError()) << xml.errorString().toStdString();
    return content;
}

class PlotExport : public testing::Test {
protected:
    QTemporaryDir folder;
    ExportOptions options;

    void SetUp() override {
        ASSERT_TRUE(folder.isValid());
        options.title = QStringLiteral("Layer 3");
        options.caption = QStringLiteral("model 51ab · 40 windows · seed 0");
    }

    [[nodiscard]] QString path(const char* name) const { return folder.filePath(QString::fromLatin1(name)); }
};

TEST_F(PlotExport, SvgOfASpectrumDrawsNothingUnderItsAxis) {
    for (const SpectrumData& data : {sample::hostileSpectrum(), sample::spectrum(16, 64, 20)}) {
        ShownView<SpectrumView> shown(data);
        ASSERT_EQ(exportPlot(shown.view, path("a.svg"), options), QString());
        const SvgContent content = read(contentOf(path("a.svg")));
        EXPECT_GT(content.curves, 3);
        // Where the axis is: the same layout as the export's.
        const auto twin = shown.view.copy();
        twin->setHeading(options.title);
        twin->setCaption(options.caption);
        twin->resize(shown.view.size());
        twin->show();
        QApplication::processEvents();
        EXPECT_LE(content.lowest, twin->plotRect().bottom() + 1.5);
        EXPECT_GT(content.lowest, twin->plotRect().center().y());
    }
}

TEST_F(PlotExport, SvgHasTitleAxesLegendAndCaption) {
    ShownView<SpectrumView> shown(sample::spectrum(4, 64));
    ASSERT_EQ(exportPlot(shown.view, path("a.svg"), options), QString());
    // Joined: where a letter comes from another font, Qt begins a new element.
    const QString texts = read(contentOf(path("a.svg"))).texts.join(QString()).remove(QLatin1Char(' '));
    for (const char* text :
         {"Layer 3", "index i of the singular value", "σᵢ / σ₁", "head 2 after pruning",
          "all heads, quartiles", "model 51ab · 40 windows · seed 0", "10⁻⁵", "K′ = 40, 24 removed"}) {
        EXPECT_TRUE(texts.contains(QString::fromUtf8(text).remove(QLatin1Char(' ')))) << text << "\n"
                                                                                      << texts.toStdString();
    }
    EXPECT_TRUE(QSvgRenderer(path("a.svg")).isValid());
}

TEST_F(PlotExport, PdfIsOnePageOfTheChartsSizeAndSmall) {
    ShownView<SpectrumView> spectrum(sample::spectrum(4, 64));
    ShownView<TradeoffView> tradeoff(sample::tradeoff());
    for (const PlotView* view :
         {static_cast<const PlotView*>(&spectrum.view), static_cast<const PlotView*>(&tradeoff.view)}) {
        ASSERT_EQ(exportPlot(*view, path("a.pdf"), options), QString());
        const QByteArray pdf = contentOf(path("a.pdf"));
        EXPECT_TRUE(pdf.startsWith("%PDF-"));
        // A third of what is allowed: halos of many names must not eat the rest.
        EXPECT_LT(pdf.size(), 60 * 1024);
        EXPECT_TRUE(pdf.contains("/FontFile2"));  // text as text, with its font
        EXPECT_TRUE(pdf.contains("/MediaBox [0 0 450 300]")
                    || pdf.contains("/MediaBox [0 0 450.000000 300.000000]"))
            << pdf.mid(pdf.indexOf("/MediaBox"), 50).toStdString();
        EXPECT_EQ(pdf.count("/Type /Page\n"), 1);
    }
}

TEST_F(PlotExport, ALongCaptionIsBrokenNotCut) {
    ShownView<SpectrumView> shown(sample::spectrum(4, 64), {360, 300});
    options.caption = QStringLiteral(
        "model books-delta (0925b093b7ed) · text the-lighthouse-ledger.txt, 15,360 tokens · seed 0 · "
        "Rankscope 9.9");
    ASSERT_EQ(exportPlot(shown.view, path("a.svg"), options), QString());
    const QString svg = QString::fromUtf8(contentOf(path("a.svg")));
    for (const QString& part : options.caption.split(QStringLiteral(" · ")))
        EXPECT_TRUE(svg.contains(part)) << part.toStdString();
    EXPECT_FALSE(svg.contains(options.caption));
}

TEST_F(PlotExport, PngIsLightAndSharp) {
    ShownView<TradeoffView> shown(sample::tradeoff());
    shown.view.setTheme(Theme::dark());
    options.scale = 3;
    ASSERT_EQ(exportPlot(shown.view, path("a.png"), options), QString());
    const QImage image(path("a.png"));
    EXPECT_EQ(image.size(), shown.view.size() * 3);
    EXPECT_EQ(image.pixelColor(1, 1), Theme::light().color(Role::Panel));
    EXPECT_GT(pixelsOf(image, Theme::light().color(Method::L1)), 100);
    options.theme = &Theme::dark();
    EXPECT_EQ(plotImage(shown.view, options).pixelColor(1, 1), Theme::dark().color(Role::Panel));
    // The view on the screen is as it was.
    EXPECT_TRUE(shown.view.theme().isDark());
}

TEST_F(PlotExport, CsvHasAllNumbers) {
    ShownView<TradeoffView> shown(sample::tradeoff());
    ASSERT_EQ(exportPlot(shown.view, path("a.csv"), options), QString());
    const QStringList lines = QString::fromUtf8(contentOf(path("a.csv"))).split('\n', Qt::SkipEmptyParts);
    EXPECT_EQ(lines.size(), shown.view.data().dots.size() + 1);
    EXPECT_TRUE(lines[0].contains(QStringLiteral("state (KiB)")));
    EXPECT_TRUE(lines[1].startsWith(QStringLiteral("Full model,Full model,exact,24.31,,,384,2140")));
}

TEST_F(PlotExport, PdfOfHundredsOfFaintLinesIsSmallAsWell) {
    ShownView<SpectrumView> spectrum(sample::spectrum(16, 128, 368), {640, 380});
    ASSERT_EQ(exportPlot(spectrum.view, path("a.pdf"), options), QString());
    EXPECT_LT(contentOf(path("a.pdf")).size(), 100 * 1024);
}

// Every number a person reads off the picture is a number of the TeX file.
TEST_F(PlotExport, TexHasTheNumbersTheNamesAndTheCutLine) {
    ShownView<SpectrumView> shown(sample::spectrum(4, 64));
    options.title = QStringLiteral("Layer_3 & 50 %");
    ASSERT_EQ(exportPlot(shown.view, path("a.tex"), options), QString());
    const QString tex = QString::fromUtf8(contentOf(path("a.tex")));
    EXPECT_TRUE(tex.contains(QStringLiteral("title={Layer\\_3 \\& 50 \\%}")));
    EXPECT_TRUE(tex.contains(QStringLiteral("ymode=log")));
    EXPECT_TRUE(tex.contains(QStringLiteral("ylabel={$\\sigma$$_i$ / $\\sigma$$_1$}")));
    EXPECT_TRUE(tex.contains(QStringLiteral("(40.5,1e-06)")));
    EXPECT_TRUE(tex.contains(QStringLiteral("\\addlegendentry{head 2 after pruning}")));
    EXPECT_TRUE(tex.contains(options.caption));
    const std::vector<float>& sigma = shown.view.data().heads[2];
    const double shared = static_cast<double>(sigma[8]) / sigma[0];
    const QRegularExpression ninth(QStringLiteral("\\(9,([0-9.e-]+)\\)"));
    bool found = false;
    for (auto match = ninth.globalMatch(tex); match.hasNext();) {
        const double value = match.next().captured(1).toDouble();
        found = found || std::abs(value - shared) < 1e-5 * shared;
    }
    EXPECT_TRUE(found);
    EXPECT_EQ(tex.count(QLatin1Char('{')) - tex.count(QStringLiteral("\\{")),
              tex.count(QLatin1Char('}')) - tex.count(QStringLiteral("\\}")));
}

TEST_F(PlotExport, TexOfDotsNamesTheMethodsAndLeavesOutAHiddenPlan) {
    TradeoffData data = sample::tradeoff();
    ShownView<TradeoffView> shown(data);
    const auto dots = [&] {
        qsizetype count = 0;
        for (const PlotMarks& marks : shown.view.drawing().marks)
            count += marks.points.size();
        return count;
    };
    const qsizetype before = dots();
    EXPECT_EQ(exportPlot(shown.view, path("a.tex"), options), QString());
    const QString tex = QString::fromUtf8(contentOf(path("a.tex")));
    for (const char* name : {"{Taylor};", "{L1};", "mark=square*", "mark=star"})
        EXPECT_TRUE(tex.contains(QLatin1String(name))) << name;
    data.hideCurrent = true;
    shown.view.setData(data);
    EXPECT_EQ(dots(), before - 1);
}

TEST_F(PlotExport, TexOfAMatrixHasEveryCell) {
    ShownView<HeatMapView> shown(sample::heatMap(HeatMapKind::State));
    ASSERT_EQ(exportPlot(shown.view, path("a.tex"), options), QString());
    const QString tex = QString::fromUtf8(contentOf(path("a.tex")));
    const QString table = tex.mid(tex.indexOf(QStringLiteral("x y c\n")) + 6);
    EXPECT_EQ(table.left(table.indexOf(QStringLiteral("};"))).count(QLatin1Char('\n')), 64 * 64);
    EXPECT_TRUE(tex.contains(QStringLiteral("y dir=reverse")));
}

TEST_F(PlotExport, FailuresAreToldAndLeaveNoFile) {
    ShownView<TradeoffView> shown(sample::tradeoff());
    EXPECT_TRUE(exportPlot(shown.view, path("a.docx"), options)
                    .contains(QStringLiteral("expected png, svg, pdf, tex or csv")));
    const QString nowhere = folder.filePath(QStringLiteral("no/such/folder/a.png"));
    EXPECT_TRUE(exportPlot(shown.view, nowhere, options).contains(nowhere));
    EXPECT_FALSE(QFile::exists(nowhere));
}

// Every kind of view: both themes, a copy with the same numbers, names for screen readers.
class EveryView : public testing::TestWithParam<int> {
protected:
    static std::unique_ptr<PlotView> make(int kind) {
        const auto with = [](auto view, const auto& data) -> std::unique_ptr<PlotView> {
            view->setData(data);
            return view;
        };
        switch (kind) {
            case 0:
                return with(std::make_unique<SpectrumView>(), sample::spectrum(16, 64, 8));
            case 1:
                return with(std::make_unique<RankOverTokensView>(), sample::rankOverTokens(6));
            case 2:
                return with(std::make_unique<HeadsByLayerView>(), sample::headsByLayer(24, 16));
            case 3:
                return with(std::make_unique<TradeoffView>(), sample::tradeoff());
            case 4:
                return with(std::make_unique<HeatMapView>(), sample::heatMap(HeatMapKind::State));
            case 5:
                return with(std::make_unique<SingularValuesView>(), sample::singularValues());
            default:
                return with(std::make_unique<NoiseView>(), sample::noise());
        }
    }
};

TEST_P(EveryView, FollowsTheThemeAndHasATwin) {
    const auto view = make(GetParam());
    view->resize(500, 340);
    view->show();
    for (const Theme* theme : {&Theme::light(), &Theme::dark()}) {
        view->setTheme(*theme);
        const QImage image = view->grab().toImage();
        EXPECT_EQ(image.pixelColor(image.width() - 2, image.height() - 2), theme->color(Role::Panel));
        EXPECT_GT(pixelsOf(image, theme->color(Role::Strong)), 100);  // axis lines
        EXPECT_EQ(pixelsOf(image, (theme->isDark() ? Theme::light() : Theme::dark()).color(Role::Panel)), 0);
    }
    EXPECT_FALSE(view->accessibleName().isEmpty());
    EXPECT_EQ(view->accessibleDescription(), view->describe());
    EXPECT_EQ(view->copy()->table().toCsv(), view->table().toCsv());
    EXPECT_EQ(view->copy()->describe(), view->describe());
    EXPECT_EQ(view->tableModel()->rowCount(), view->table().rows.size());
    for (const QList<QVariant>& row : view->table().rows)
        ASSERT_EQ(row.size(), view->table().columns.size());
}

TEST_P(EveryView, SurvivesAnySize) {
    const auto view = make(GetParam());
    view->show();
    for (const QSize size : {QSize(1, 1), QSize(130, 100), QSize(2000, 40), QSize(40, 1500)}) {
        view->setMinimumSize(1, 1);
        view->resize(size);
        EXPECT_FALSE(view->grab().isNull());
    }
    QFont large = view->font();
    large.setPointSizeF(30);
    view->setFont(large);
    EXPECT_FALSE(view->grab().isNull());
}

INSTANTIATE_TEST_SUITE_P(Views, EveryView, testing::Range(0, 7));

}  // namespace
}  // namespace rankscope::gui
