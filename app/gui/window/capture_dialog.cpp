// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/capture_dialog.hpp"

#include "app/gui/document/document.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/window/start_button.hpp"
#include "core/base/error.hpp"
#include "core/base/index_list.hpp"
#include "core/capture/capture_layout.hpp"
#include "core/pruning/plan.hpp"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QStorageInfo>
#include <QVBoxLayout>

#include <algorithm>
#include <numeric>

namespace rankscope::gui {

CaptureDialog::CaptureDialog(Workspace workspace, int layer, QWidget* parent)
    : QDialog(parent), workspace_(workspace) {
    setWindowTitle(tr("Capture states"));
    const Document& document = workspace_.document;
    const std::int64_t tokens = document.text() ? document.text()->window : 512;
    auto* form = new QFormLayout;
    const auto line = [this](const QString& value, const QString& name) {
        auto* field = new QLineEdit(value, this);
        field->setAccessibleName(name);
        connect(field, &QLineEdit::textChanged, this, &CaptureDialog::refresh);
        return field;
    };
    const auto number = [this](int low, int high, int value, const QString& name) {
        auto* field = new QSpinBox(this);
        field->setRange(low, high);
        field->setValue(value);
        field->setAccessibleName(name);
        connect(field, &QSpinBox::valueChanged, this, &CaptureDialog::refresh);
        return field;
    };
    layers = line(layer < 0 ? QStringLiteral("all") : QString::number(layer), tr("Layers"));
    heads = line(QStringLiteral("all"), tr("Value heads"));
    windows = number(1, 100000, 8, tr("Windows"));
    what = new QComboBox(this);
    what->addItems({tr("Singular values and all ranks"), tr("Stable rank and norms alone")});
    what->setToolTip(
        tr("The stable rank needs no singular values: at every token it takes about a fifth of "
           "their time.\nWithout them there are no spectra, entropy ranks and kept energies."));
    what->setAccessibleName(tr("What is taken of every state"));
    every = number(1, static_cast<int>(tokens), static_cast<int>(std::max<std::int64_t>(tokens / 16, 1)),
                   tr("Spectra or ranks after every … tokens"));
    every->setSuffix(tr(" tokens"));
    everyForSpectra_ = every->value();
    everyLabel_ = new QLabel(tr("Spectra every"), this);
    everyLabel_->setBuddy(every);
    connect(what, &QComboBox::currentIndexChanged, this, &CaptureDialog::whatChanged);
    statesAt = line(QStringLiteral("-1"), tr("Full states at positions"));
    statesAt->setToolTip(
        tr("Numbers of captured positions: 0-3, -1 (the last), all, or empty for no states"));
    inputs = new QCheckBox(tr("q, k, v, β and g of every token as well"), this);
    underPlan = new QCheckBox(tr("under the current plan instead of the full model"), this);
    QString folder = document.path().isEmpty() ? QDir::homePath() : QFileInfo(document.path()).absolutePath();
    file = line(QStringLiteral("%1/%2-capture.h5").arg(folder, document.modelName()), tr("File"));
    auto* browse = new QPushButton(tr("Choose…"), this);
    connect(browse, &QPushButton::clicked, this, [this] {
        const QString path =
            QFileDialog::getSaveFileName(this, tr("Capture file"), file->text(), tr("Captures (*.h5)"));
        if (!path.isEmpty()) file->setText(path);
    });
    for (QCheckBox* box : {inputs, underPlan})
        connect(box, &QCheckBox::toggled, this, &CaptureDialog::refresh);
    auto* fileRow = new QHBoxLayout;
    fileRow->addWidget(file, 1);
    fileRow->addWidget(browse);
    textName_ = new QLabel(this);
    text = new QPushButton(tr("Open…"), this);
    text->setAccessibleName(tr("Open another text"));
    connect(text, &QPushButton::clicked, this, &CaptureDialog::textRequested);
    auto* textRow = new QHBoxLayout;
    textRow->addWidget(textName_, 1);
    textRow->addWidget(text);
    form->addRow(tr("Text"), textRow);
    connect(&document, &Document::textChanged, this, [this] {
        showText();
        refresh();
    });
    form->addRow(tr("Layers"), layers);
    form->addRow(tr("Value heads"), heads);
    form->addRow(tr("Windows"), windows);
    form->addRow(tr("Of every state"), what);
    form->addRow(everyLabel_, every);
    form->addRow(tr("Full states at"), statesAt);
    form->addRow(tr("Also"), inputs);
    form->addRow(QString(), underPlan);
    form->addRow(tr("File"), fileRow);
    cost_ = new QLabel(this);
    cost_->setWordWrap(true);
    error_ = new QLabel(this);
    error_->setWordWrap(true);
    buttons_ = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    addStartButton(*buttons_, tr("Capture"));
    connect(buttons_, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons_, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* column = new QVBoxLayout(this);
    column->addLayout(form);
    // Paths are long.
    setMinimumWidth(qRound(460 * designUnit(QApplication::font())));
    column->addWidget(cost_);
    column->addWidget(error_);
    column->addStretch(1);
    column->addWidget(buttons_);
    showText();
    takeKept(layer);
    refresh();
}

// Layers, heads and file are those of one model; the rest suits any. `layer`: asked for now, if not negative.
void CaptureDialog::takeKept(int layer) {
    const QSettings kept;
    const auto value = [&kept](const char* name, const QVariant& otherwise) {
        return kept.value(QStringLiteral("capture/") + QLatin1String(name), otherwise);
    };
    windows->setValue(value("windows", windows->value()).toInt());
    what->setCurrentIndex(value("ranksAlone", false).toBool() ? 1 : 0);
    every->setValue(value("every", every->value()).toInt());
    statesAt->setText(value("statesAt", statesAt->text()).toString());
    inputs->setChecked(value("inputs", false).toBool());
    underPlan->setChecked(value("underPlan", false).toBool());
    const Document& document = workspace_.document;
    if (!document.hasModel() || value("model", {}).toString().toStdString() != document.model().hash) return;
    if (layer < 0) layers->setText(value("layers", layers->text()).toString());
    heads->setText(value("heads", heads->text()).toString());
    file->setText(value("file", file->text()).toString());
}

void CaptureDialog::keep() const {
    QSettings settings;
    settings.beginGroup(QStringLiteral("capture"));
    settings.setValue(QStringLiteral("windows"), windows->value());
    settings.setValue(QStringLiteral("ranksAlone"), ranksAlone());
    settings.setValue(QStringLiteral("every"), every->value());
    settings.setValue(QStringLiteral("statesAt"), statesAt->text());
    settings.setValue(QStringLiteral("inputs"), inputs->isChecked());
    settings.setValue(QStringLiteral("underPlan"), underPlan->isChecked());
    settings.setValue(QStringLiteral("model"), QString::fromStdString(workspace_.document.model().hash));
    settings.setValue(QStringLiteral("layers"), layers->text());
    settings.setValue(QStringLiteral("heads"), heads->text());
    settings.setValue(QStringLiteral("file"), file->text());
}

void CaptureDialog::done(int result) {
    if (request_) keep();
    QDialog::done(result);
}

void CaptureDialog::showText() {
    const auto& open = workspace_.document.text();
    textName_->setText(open ? QString::fromStdString(open->path.filename().string()) : tr("none is open"));
    windows->setMaximum(open ? static_cast<int>(std::max<std::int64_t>(open->windows, 1)) : 100000);
}

bool CaptureDialog::ranksAlone() const {
    return what->currentIndex() == 1;
}

// Ranks are cheap enough for every token; a number that a person has typed stays.
void CaptureDialog::whatChanged() {
    const bool ranks = ranksAlone();
    everyLabel_->setText(ranks ? tr("Ranks every") : tr("Spectra every"));
    if (every->value() == (ranks ? everyForSpectra_ : 1)) every->setValue(ranks ? 1 : everyForSpectra_);
    refresh();
}

QString CaptureDialog::costText() const {
    if (bytes_ <= 0) return {};
    const Document& document = workspace_.document;
    QString cost = tr("%1 on disk").arg(number_text::bytes(static_cast<double>(bytes_)));
    const auto speed = document.fullSpeed();
    if (speed && speed->prefill > 0) {
        const auto window = static_cast<double>(document.text() ? document.text()->window : 512);
        cost += tr(", reading the text takes about %1 s")
                    .arg(number_text::significant(windows->value() * window / speed->prefill, 2));
    }
    cost += QLatin1Char('\n')
            + (ranksAlone() ? tr("%1 ranks to compute, in a fifth of the time of spectra")
                            : tr("%1 spectra to compute"))
                  .arg(number_text::integer(states_));
    if (request_ && request_->force) cost += QLatin1Char('\n') + tr("Replaces the file that is there");
    return cost;
}

void CaptureDialog::refresh() {
    // Fields that are given their first value while others are still to come.
    if (buttons_ == nullptr) return;
    request_.reset();
    bytes_ = states_ = 0;
    problem_.clear();
    const Document& document = workspace_.document;
    try {
        if (!document.hasModel()) throw_usage("Open a model first");
        if (!document.text()) throw_usage("Open a text first");
        const ModelConfig& config = document.config();
        protocol::CaptureJobRequest request;
        request.source.window = document.text() ? document.text()->window : 512;
        request.source.max_windows = windows->value();
        CaptureLayout layout;
        layout.window_tokens = request.source.window;
        for (int w = 0; w < windows->value(); ++w)
            layout.window_start.push_back(static_cast<std::int64_t>(w) * layout.window_tokens);
        for (std::int64_t t = every->value() - 1; t < layout.window_tokens; t += every->value())
            layout.positions.push_back(t);
        if (!statesAt->text().trimmed().isEmpty()) {
            for (const std::int64_t at : parse_index_list(statesAt->text().trimmed().toStdString(),
                                                          std::ssize(layout.positions), "position")) {
                layout.state_positions.push_back(layout.positions[static_cast<std::size_t>(at)]);
            }
        }
        layout.states = !layout.state_positions.empty();
        layout.inputs = inputs->isChecked();
        layout.ranks = ranksAlone();
        layout.spectra = !layout.ranks;
        std::vector<std::int64_t> wanted =
            parse_index_list(layers->text().trimmed().toStdString(), std::ssize(config.layers), "layer");
        std::erase_if(wanted,
                      [&](std::int64_t i) { return !config.layers[static_cast<std::size_t>(i)].prunable(); });
        if (wanted.empty()) throw_usage("These layers have no recurrent state");
        for (const std::int64_t i : wanted) {
            const LayerConfig& of = config.layers[static_cast<std::size_t>(i)];
            const std::vector<std::int64_t> chosen =
                parse_index_list(heads->text().trimmed().toStdString(), of.value_heads, "head");
            request.heads = chosen;
            CaptureLayer layer;
            layer.index = i;
            layer.key_heads = of.key_heads;
            layer.value_heads = of.value_heads;
            layer.key_dim = of.key_dim;
            if (const LayerChoice* choice = document.layerChoice(static_cast<int>(i));
                choice != nullptr && underPlan->isChecked())
                layer.key_dim = choice->kept;
            layer.value_dim = of.value_dim;
            layer.gate = of.mixer == MixerKind::GatedDeltaRule;
            for (const std::int64_t head : chosen)
                layer.heads.push_back(static_cast<std::int32_t>(head));
            layer.captured_key_heads = key_heads_of(layer.heads, of.value_heads, of.key_heads);
            states_ += layout.windows() * std::ssize(layout.positions) * layer.head_count();
            layout.layers.push_back(std::move(layer));
        }
        if (heads->text().trimmed() == QLatin1String("all")) request.heads.clear();
        request.layers = wanted;
        request.positions = layout.positions;
        request.state_positions = layout.state_positions;
        request.states = layout.states;
        request.inputs = layout.inputs;
        request.spectra = layout.spectra;
        request.ranks = layout.ranks;
        if (underPlan->isChecked()) {
            const auto plan = document.toPlan(document.plan());
            if (!plan) throw_usage("The channels of the current plan are not known yet: wait for the engine");
            request.plan = to_json(*plan);
        }
        const QString path = file->text().trimmed();
        if (path.isEmpty() || QFileInfo(path).isDir()) throw_usage("Name a file for the capture");
        if (!QFileInfo(QFileInfo(path).absolutePath()).isWritable())
            throw_usage("The folder of the file does not exist or cannot be written");
        request.output = QFileInfo(path).absoluteFilePath().toStdString();
        request.force = QFileInfo::exists(path);
        bytes_ = file_bytes(layout);
        const qint64 room = QStorageInfo(QFileInfo(path).absolutePath()).bytesAvailable();
        if (room >= 0 && bytes_ > room)
            throw_usage("There is not enough room on this disk: "
                        + number_text::bytes(static_cast<double>(room)).toStdString() + " are free");
        request_ = std::move(request);
    } catch (const Error& error) {
        problem_ = QString::fromStdString(error.what());
    }
    cost_->setText(costText());
    error_->setText(problem_);
    QPalette red = error_->palette();
    red.setColor(QPalette::WindowText, Theme::matching(palette()).color(Role::Err));
    error_->setPalette(red);
    buttons_->findChild<QPushButton*>(QStringLiteral("start"))->setEnabled(request_.has_value());
}

std::optional<protocol::CaptureJobRequest> CaptureDialog::request() const {
    return request_;
}

std::int64_t CaptureDialog::bytes() const {
    return bytes_;
}

}  // namespace rankscope::gui
