// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/theme/theme.hpp"

#include "app/gui/theme/color_map.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/theme/marker.hpp"

#include <gtest/gtest.h>

#include <QFontMetricsF>
#include <QImage>
#include <QPainter>

#include <cmath>
#include <set>

namespace rankscope::gui {
namespace {

constexpr Method kMethods[] = {
    Method::Random, Method::L1,    Method::SWanda,          Method::Taylor,       Method::Energy,
    Method::Drrqr,  Method::Mixed, Method::DrrqrNormalised, Method::DrrqrSampled, Method::FullModel};

int coloredPixels(const QImage& image, const QColor& color) {
    int count = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            count += image.pixelColor(x, y) == color ? 1 : 0;
    }
    return count;
}

QImage drawn(const MarkerLook& look) {
    QImage image(64, 64, QImage::Format_RGB32);
    image.fill(Qt::white);
    QPainter painter(&image);
    drawMarker(painter, {32, 32}, 30, look, Theme::light(), Qt::white);
    return image;
}

class BothThemes : public testing::TestWithParam<const Theme*> {};

TEST_P(BothThemes, TextsAndMethodNamesAreReadableOnPanels) {
    const Theme& theme = *GetParam();
    const QColor panel = theme.color(Role::Panel);
    for (const Role role : {Role::Ink, Role::Ink2, Role::Faint, Role::Accent, Role::Ok, Role::Warn, Role::Err,
                            Role::Better, Role::Worse}) {
        EXPECT_GE(contrastRatio(theme.color(role), panel), 4.5) << static_cast<int>(role);
    }
    for (const Method method : kMethods)
        EXPECT_GE(contrastRatio(theme.color(method), panel), 4.45) << static_cast<int>(method);
    EXPECT_GE(contrastRatio(theme.color(Role::Strong), panel), 3);
    EXPECT_GE(contrastRatio(theme.color(Role::OnAccent), theme.color(Role::Accent)), 4.5);
    for (const Role surface :
         {Role::WarnSurface, Role::ErrSurface, Role::InfoSurface, Role::Select, Role::Hover}) {
        EXPECT_GE(contrastRatio(theme.color(Role::Ink), theme.color(surface)), 10)
            << static_cast<int>(surface);
    }
}

TEST_P(BothThemes, TextsAndMarkersAreReadableOnWhatIsReallyUnderThem) {
    const Theme& theme = *GetParam();
    // Rows under the pointer or selected, headers, the status bar, banners.
    for (const Role surface : {Role::Panel, Role::Window, Role::Raised, Role::Select, Role::Hover,
                               Role::WarnSurface, Role::ErrSurface, Role::InfoSurface}) {
        const QColor ground = theme.color(surface);
        for (const Role role : {Role::Ink, Role::Ink2})
            EXPECT_GE(contrastRatio(theme.color(role), ground), 4.5)
                << static_cast<int>(role) << " on " << static_cast<int>(surface);
        for (const Method method : kMethods)
            EXPECT_GE(contrastRatio(theme.color(method), ground), 3)
                << static_cast<int>(method) << " on " << static_cast<int>(surface);
    }
    // State words stand in the ribbon and in rows.
    for (const Role surface : {Role::Panel, Role::Select, Role::Hover}) {
        for (const Role role : {Role::Ok, Role::Warn, Role::Err, Role::Accent, Role::Better, Role::Worse})
            EXPECT_GE(contrastRatio(theme.color(role), theme.color(surface)), 4.5)
                << static_cast<int>(role) << " on " << static_cast<int>(surface);
    }
    EXPECT_GE(contrastRatio(theme.color(Role::Err), theme.color(Role::ErrSurface)), 4.5);
}

TEST_P(BothThemes, TheMiddleOfTheDivergingMapIsNearThePanel) {
    const QList<QRgb>& map = divergingColors(*GetParam());
    ASSERT_EQ(map.size(), 255);
    EXPECT_LT(contrastRatio(QColor::fromRgb(map[127]), GetParam()->color(Role::Panel)), 1.25);
    EXPECT_GE(contrastRatio(QColor::fromRgb(map.first()), GetParam()->color(Role::Panel)), 7);
}

INSTANTIATE_TEST_SUITE_P(Themes, BothThemes, testing::Values(&Theme::light(), &Theme::dark()));

TEST(Theme, MatchesTheSystemByItsLightness) {
    EXPECT_FALSE(Theme::matching(Theme::light().palette()).isDark());
    EXPECT_TRUE(Theme::matching(Theme::dark().palette()).isDark());
}

TEST(ColorMap, IndexesAreHeldAndNaNHasNone) {
    EXPECT_EQ(colorIndex(0, -1, 1, 255), 127);
    EXPECT_EQ(colorIndex(-9, -1, 1, 255), 0);
    EXPECT_EQ(colorIndex(9, -1, 1, 255), 254);
    EXPECT_EQ(colorIndex(std::nan(""), -1, 1, 255), -1);
    EXPECT_EQ(colorIndex(3, 3, 3, 255), 127);
}

TEST(ColorMap, SequentialMapsRiseInLightness) {
    for (const SequentialMap map : {SequentialMap::Viridis, SequentialMap::Cividis, SequentialMap::Grey}) {
        const QList<QRgb>& colors = sequentialColors(map);
        ASSERT_EQ(colors.size(), 256);
        for (int i = 16; i < 256; i += 16) {
            EXPECT_GT(contrastRatio(QColor::fromRgb(colors[i]), Qt::black),
                      contrastRatio(QColor::fromRgb(colors[i - 16]), Qt::black));
        }
    }
}

TEST(Fonts, TheApplicationFontAlignsColumnsOfNumbers) {
    const QFont font = applicationFont();
    EXPECT_TRUE(hasTabularDigits(font)) << font.family().toStdString();
}

TEST(Fonts, SizesAreRelativeToTheApplicationFont) {
    QFont font = applicationFont();
    font.setPointSizeF(9.75);
    const double small = scaledFont(font, TextRole::Axis).pointSizeF();
    EXPECT_NEAR(small, 8.5, 1e-9);
    font.setPointSizeF(19.5);
    EXPECT_NEAR(scaledFont(font, TextRole::Axis).pointSizeF(), 2 * small, 1e-9);
    EXPECT_NEAR(designUnit(font), QFontMetricsF(font).height() / 18, 1e-9);
}

TEST(Methods, KeysAndNamesAreDistinctAndReadBack) {
    std::set<QString> keys;
    std::set<QString> names;
    for (const Method method : kMethods) {
        EXPECT_EQ(methodOfKey(methodKey(method)), method);
        keys.insert(methodKey(method));
        names.insert(methodName(method));
    }
    EXPECT_EQ(keys.size(), std::size(kMethods));
    EXPECT_EQ(names.size(), std::size(kMethods));
    EXPECT_EQ(methodOfKey(u"S_Wanda"), Method::SWanda);
    EXPECT_FALSE(methodOfKey(u"magic").has_value());
}

TEST(Marker, FillingRisesWithWhatIsMeasured) {
    const QColor color = Theme::light().color(Method::Drrqr);
    const int hollow = coloredPixels(drawn({Method::Drrqr, PlanState::Estimate, 0, false, {}}), color);
    const int third = coloredPixels(drawn({Method::Drrqr, PlanState::Measuring, 0.33, false, {}}), color);
    const int most = coloredPixels(drawn({Method::Drrqr, PlanState::Measuring, 0.8, false, {}}), color);
    const int solid = coloredPixels(drawn({Method::Drrqr, PlanState::Exact, 1, false, {}}), color);
    EXPECT_LT(hollow, third);
    EXPECT_LT(third, most);
    EXPECT_LT(most, solid);
    EXPECT_GT(solid, 500);
    EXPECT_LT(coloredPixels(drawn({Method::Drrqr, PlanState::Exact, 1, true, {}}), color), solid);
}

TEST(Marker, ShapesDifferWithoutColour) {
    // In grey print the shape alone tells methods apart.
    std::vector<QImage> shapes;
    for (const Method method : kMethods)
        shapes.push_back(drawn({method, PlanState::Exact, 1, false, Qt::black}));
    for (std::size_t a = 0; a < shapes.size(); ++a) {
        for (std::size_t b = a + 1; b < shapes.size(); ++b) {
            int different = 0;
            for (int y = 0; y < 64; ++y) {
                for (int x = 0; x < 64; ++x)
                    different +=
                        std::abs(qGray(shapes[a].pixel(x, y)) - qGray(shapes[b].pixel(x, y))) > 128 ? 1 : 0;
            }
            EXPECT_GT(different, 40) << a << " and " << b;
        }
    }
}

TEST(Icons, AllRenderInTheirColour) {
    ASSERT_GE(iconNames().size(), 25);
    for (const QString& name : iconNames()) {
        const QImage image = iconPixmap(name, Qt::red, 16, 2).toImage();
        EXPECT_EQ(image.size(), QSize(32, 32));
        int painted = 0;
        for (int y = 0; y < 32; ++y) {
            for (int x = 0; x < 32; ++x)
                painted += image.pixelColor(x, y).alpha() > 200 && image.pixelColor(x, y).red() > 200 ? 1 : 0;
        }
        EXPECT_GT(painted, 8) << name.toStdString();
    }
    EXPECT_FALSE(themedIcon(QStringLiteral("pin"), Theme::dark()).isNull());
}

}  // namespace
}  // namespace rankscope::gui
