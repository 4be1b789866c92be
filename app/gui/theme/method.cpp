// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/theme/method.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <array>

namespace rankscope::gui {
namespace {

struct Entry {
    Method method;
    const char* key;
    const char* name;
};

constexpr std::array kEntries = {
    Entry{Method::Random, "random", QT_TRANSLATE_NOOP("Method", "Random")},
    Entry{Method::L1, "l1", QT_TRANSLATE_NOOP("Method", "L1")},
    Entry{Method::SWanda, "s-wanda", QT_TRANSLATE_NOOP("Method", "S-Wanda")},
    Entry{Method::Taylor, "taylor", QT_TRANSLATE_NOOP("Method", "Taylor")},
    Entry{Method::Energy, "energy", QT_TRANSLATE_NOOP("Method", "Energy")},
    Entry{Method::Drrqr, "drrqr", QT_TRANSLATE_NOOP("Method", "DRRQR")},
    Entry{Method::DrrqrNormalised, "drrqr-normalised", QT_TRANSLATE_NOOP("Method", "DRRQR normalised")},
    Entry{Method::DrrqrSampled, "drrqr-sampled", QT_TRANSLATE_NOOP("Method", "DRRQR sampled")},
    Entry{Method::Mixed, "mixed", QT_TRANSLATE_NOOP("Method", "Mixed")},
    Entry{Method::FullModel, "full", QT_TRANSLATE_NOOP("Method", "Full model")},
};

const Entry& entryOf(Method method) {
    return kEntries.at(static_cast<std::size_t>(method));
}

}  // namespace

QString methodName(Method method) {
    return QCoreApplication::translate("Method", entryOf(method).name);
}

std::optional<Method> methodOfKey(QStringView key) {
    // Plan files write "s-wanda" and "s-wanda" alike.
    const QString plain = key.toString().toLower().replace('_', '-');
    const auto* found = std::find_if(kEntries.begin(), kEntries.end(),
                                     [&](const Entry& entry) { return plain == entry.key; });
    if (found == kEntries.end()) return std::nullopt;
    return found->method;
}

QString methodKey(Method method) {
    return QString::fromLatin1(entryOf(method).key);
}

}  // namespace rankscope::gui
