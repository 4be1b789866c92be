// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/explanation_table.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <array>

namespace rankscope::gui {
namespace {

#define TEXT(x) QT_TRANSLATE_NOOP("Explanation", x)

constexpr std::array kTopics{
    // The current plan: what the ribbon shows.
    ExplanationTopic{
        "state", TEXT("State per sequence"),
        TEXT(
            "Memory that the recurrent state of one sequence needs, in all layers together. It does not grow "
            "with the length of the text."),
        "Σ_layers heads · K′ · V · 4 bytes", TEXT("KiB or MiB, less is better"),
        TEXT("counted from the plan and the model's config"), TEXT("exact, nothing is measured"),
        TEXT("states are float32 here; the short convolutions' few values per channel are not counted"),
        "parameters mean_kept kept_channels", "ribbon plans tradeoff", ""},
    ExplanationTopic{
        "parameters", TEXT("Parameters"),
        TEXT("Weights that stay when the rows of removed key and query channels are cut out of the model."),
        "parameters − Σ_layers rows of q, k and their convolutions",
        TEXT("millions (M) or billions (B), less is better"),
        TEXT("counted from the plan and the model's config"), TEXT("exact, nothing is measured"),
        TEXT("a layout with one width for all layers keeps more than this"), "state mean_kept",
        "ribbon plans", ""},
    ExplanationTopic{
        "perplexity", TEXT("Perplexity"),
        TEXT("How many tokens the model hesitates between on average: the exponential of the mean negative "
             "log-likelihood per token."),
        "exp(Σ −ln p(token | text before) / tokens)", TEXT("none, less is better"), "",
        TEXT("± is the standard error over blocks of the text"),
        TEXT("± of two plans on the same text move together: compare them by the paired difference"),
        "delta recall estimate", "ribbon plans tradeoff", ""},
    ExplanationTopic{
        "delta", TEXT("Δ to full model, paired"),
        TEXT("Mean of per-token differences to the full model on the same windows, turned into perplexity."),
        "perplexity · (1 − exp(−Δnll))", TEXT("perplexity, less is better"), "",
        TEXT("± is the standard error of the paired differences over windows, times perplexity"),
        TEXT("a Δ within two standard errors of zero is no difference that this text can show"),
        "perplexity estimate difference layer_delta", "ribbon plans tradeoff", ""},
    ExplanationTopic{
        "recall", TEXT("Recall"),
        TEXT("Share of the marked answers in the text that the model predicts rightly, token by token."),
        "answers predicted / answers", TEXT("percent, more is better"), "",
        TEXT("± is the standard error of a share"),
        TEXT("a state can lose rare facts while perplexity hardly moves: look at both"), "perplexity delta",
        "ribbon plans", ""},
    ExplanationTopic{"decode", TEXT("Decode speed"),
                     TEXT("Tokens per second while the model writes one token after the other."),
                     "tokens / time of the median run", TEXT("tokens per second, more is better"), "",
                     TEXT("± is the median absolute deviation between runs"),
                     TEXT("“from sweep” was timed on another plan with the same K′ in every layer"),
                     "prefill state", "ribbon plans tradeoff", ""},
    ExplanationTopic{
        "prefill", TEXT("Prefill speed"),
        TEXT("Tokens per second while the model reads a text in chunks before it writes."),
        "tokens / time of the median run", TEXT("tokens per second, more is better"), "",
        TEXT("± is the median absolute deviation between runs"),
        TEXT("the kernels like 16, 32, 64 and 128 channels: K′ = 89 saves state but costs the time of 128"),
        "decode kept_channels", "ribbon plans tradeoff", ""},
    ExplanationTopic{"mean_kept", TEXT("Mean kept channels"),
                     TEXT("K′ averaged over the layers that have a recurrent state."), "Σ_layers K′ / layers",
                     TEXT("channels per head"), TEXT("counted from the plan"),
                     TEXT("exact, nothing is measured"),
                     TEXT("two plans with the same mean may cost very different perplexity"),
                     "kept_channels state", "ribbon model", ""},
    ExplanationTopic{
        "estimate", TEXT("Estimate"),
        TEXT("Cost of a plan before it was run: what each layer costs when it alone is pruned, added up."),
        "perplexity of the full model · (exp(Σ_layers Δnll alone) − 1)", TEXT("perplexity, less is better"),
        TEXT("the one-layer sweep, straight lines between measured widths"),
        TEXT("± is the miss on plans that were measured, at least a tenth of Δ"),
        TEXT("layers interact: the sum is an estimate"), "delta layer_delta sensitivity", "ribbon tradeoff",
        ""},
    // One layer.
    ExplanationTopic{
        "kept_channels", TEXT("Kept channels K′"), TEXT("Key and query channels this layer keeps per head."),
        "ratio removed = 1 − K′ / K", TEXT("channels per head"), TEXT("the plan"), TEXT("exact, you set it"),
        TEXT("rank is not channels: K′ only bounds the rank of the state"),
        "kept_energy best_directions rank_stable", "model channels layer", TEXT("Nazari and Rusch 2026")},
    ExplanationTopic{
        "kept_energy", TEXT("Kept rows hold"),
        TEXT("Share of the squared size of the state that lies in the key channels you keep, averaged over "
             "windows and positions."),
        "Σ_kept ‖S[c,:]‖² / ‖S‖_F²", TEXT("percent, more is kept"), "",
        TEXT("measured on the captured states"),
        TEXT("the best K′ directions hold more: channels are rows, not directions"),
        "best_directions kept_channels after_pruning", "layer channels model", ""},
    ExplanationTopic{
        "best_directions", TEXT("Best K′ directions"),
        TEXT("Share the first K′ singular directions hold. No choice of K′ channels can hold more."),
        "Σ_{i≤K′} σᵢ² / Σ σᵢ²", TEXT("percent, a bound"), "", TEXT("measured on the captured states"),
        TEXT("a bound: no plan of channels needs to reach it"), "kept_energy rank_at_99 rank_energy",
        "layer state", TEXT("Eckart and Young 1936")},
    ExplanationTopic{"layer_delta", TEXT("Δ ppl alone"),
                     TEXT("The rise of perplexity if only this layer were pruned as it is now."),
                     "perplexity of the full model · (exp(Δnll alone) − 1)",
                     TEXT("perplexity, less is better"), TEXT("the one-layer sweep"),
                     TEXT("measured at some widths, straight lines between them"),
                     TEXT("layers interact: the sum over layers is an estimate"),
                     "sensitivity estimate delta", "model", ""},
    ExplanationTopic{"after_pruning", TEXT("After pruning"),
                     TEXT("Spectrum of the captured state without the rows that the plan removes."),
                     "σᵢ of S[kept, :]", TEXT("as the state, or relative to σ₁"), TEXT("the captured states"),
                     TEXT("exact for these states; dashed: the model was not run under this plan"),
                     TEXT("the model under this plan may write differently: capture it for a solid line"),
                     "kept_energy best_directions", "layer compare", ""},
    // Ranks, by the names of the metrics.
    ExplanationTopic{
        "rank_stable", TEXT("Stable rank"),
        TEXT("Squared Frobenius norm over squared spectral norm: how many directions as strong as the "
             "strongest one would make up the state. The paper calls this effective rank."),
        "‖S‖_F² / ‖S‖₂² = Σ σᵢ² / σ₁²", TEXT("directions, 1 to min(K, V)"), "",
        TEXT("± is the standard deviation over windows"),
        TEXT("one strong direction hides many weaker ones: compare with the entropy rank"),
        "rank_utilisation rank_entropy norm_spectral norm_frobenius", "layer state model",
        TEXT("Nazari and Rusch 2026, as effective rank")},
    ExplanationTopic{"rank_utilisation", TEXT("Utilisation"),
                     TEXT("Stable rank as a share of what the state could have."), "stable rank / min(K, V)",
                     TEXT("0 to 1"), "", TEXT("± is the standard deviation over windows"),
                     TEXT("rises when K shrinks even if the rank does not"), "rank_stable kept_channels",
                     "state model", TEXT("Nazari and Rusch 2026")},
    ExplanationTopic{"rank_entropy", TEXT("Entropy rank"),
                     TEXT("Exponential of the entropy of the singular values (Roy and Vetterli)."),
                     "exp(−Σ pᵢ ln pᵢ), pᵢ = σᵢ / Σ σ", TEXT("directions, 1 to min(K, V)"), "",
                     TEXT("± is the standard deviation over windows"),
                     TEXT("weak directions count more than in the stable rank"), "rank_energy rank_stable",
                     "layer state model", TEXT("Roy and Vetterli 2007")},
    ExplanationTopic{"rank_energy", TEXT("Energy entropy"),
                     TEXT("Exponential of the entropy of the squared singular values."),
                     "exp(−Σ pᵢ ln pᵢ), pᵢ = σᵢ² / Σ σ²", TEXT("directions, 1 to min(K, V)"), "",
                     TEXT("± is the standard deviation over windows"),
                     TEXT("between stable rank and entropy rank; not the paper's effective rank"),
                     "rank_entropy rank_participation", "state model", ""},
    ExplanationTopic{
        "rank_participation", TEXT("Participation"),
        TEXT("How evenly the energy is spread: 1 for one direction, n for n equal ones."), "(Σ σᵢ²)² / Σ σᵢ⁴",
        TEXT("directions, 1 to min(K, V)"), "", TEXT("± is the standard deviation over windows"),
        TEXT("dominated by the strongest directions"), "rank_energy rank_stable", "state model", ""},
    ExplanationTopic{"rank_threshold", TEXT("Threshold rank"),
                     TEXT("Number of singular values above a small share of the largest one."),
                     "#{σᵢ > ε σ₁}, ε = 10⁻⁴", TEXT("directions, a whole number"), "",
                     TEXT("± is the standard deviation over windows"),
                     TEXT("depends on ε; jumps when a value crosses it"), "rank_at_99 rank_stable",
                     "state model", TEXT("Sun and others 2026 (arXiv 2602.02195), eq. 6, with this ε")},
    ExplanationTopic{"rank_at_99", TEXT("k at 99 %"), TEXT("Fewest directions that hold 99 % of ‖S‖²."),
                     "min k: Σ_{i≤k} σᵢ² ≥ 0.99 Σ σᵢ²", TEXT("directions, a whole number"), "",
                     TEXT("± is the standard deviation over windows"),
                     TEXT("directions, not channels: keeping that many channels holds less"),
                     "best_directions kept_energy rank_threshold", "state model", ""},
    ExplanationTopic{"norm_frobenius", TEXT("Frobenius norm"),
                     TEXT("Size of the state: root of the sum of all squares."), "‖S‖_F = (Σ σᵢ²)^½",
                     TEXT("as the state"), "", TEXT("± is the standard deviation over windows"),
                     TEXT("says nothing about the rank; layers may differ by their inputs' scale"),
                     "norm_spectral rank_stable", "state model", ""},
    ExplanationTopic{"norm_spectral", TEXT("Spectral norm"), TEXT("Largest singular value of the state."),
                     "‖S‖₂ = σ₁", TEXT("as the state"), "", TEXT("± is the standard deviation over windows"),
                     TEXT("says nothing about the rank"), "norm_frobenius rank_stable", "state", ""},
    ExplanationTopic{"sensitivity", TEXT("Sensitivity"),
                     TEXT("How much perplexity rises when this layer alone loses half of its channels."),
                     "Δnll of the layer alone at K′ = K / 2", TEXT("nats per token, less is better"),
                     TEXT("the one-layer sweep"), TEXT("± is the standard error of paired differences"),
                     TEXT("depends on the method that chose the channels"), "layer_delta estimate", "model",
                     ""},
    // Two plans.
    ExplanationTopic{
        "difference", TEXT("Difference of two plans, paired"),
        TEXT("Mean of per-token differences between the two plans on the same windows, turned into "
             "perplexity."),
        "perplexity of B − perplexity of A", TEXT("perplexity, less is better for B"), "",
        TEXT(
            "± is paired where the layers' contributions were computed; else an upper bound: the sum of both "
            "plans' errors against the full model"),
        TEXT("within two standard errors the two plans cannot be told apart by this text"),
        "contribution delta", "compare", ""},
    ExplanationTopic{
        "contribution", TEXT("Where the difference comes from"),
        TEXT("One layer of A at a time is replaced by that layer of B; the bar is the change of the mean "
             "negative log-likelihood."),
        "nll(A with layer n of B) − nll(A)", TEXT("nats per token × 10³, below zero B is better"),
        TEXT("an evaluation per layer on the open text"), TEXT("whiskers: ± 1 standard error, paired"),
        TEXT("layers interact: the bars do not add up to the whole difference"), "difference layer_delta",
        "compare", ""},
};

constexpr std::array kPlaces{
    ExplanationPlace{"ribbon", TEXT("Current plan")},
    ExplanationPlace{"model", TEXT("Model and plan")},
    ExplanationPlace{"channels", TEXT("Channels of the layer")},
    ExplanationPlace{"layer", TEXT("Layer")},
    ExplanationPlace{"state", TEXT("State")},
    ExplanationPlace{"compare", TEXT("Compare")},
    ExplanationPlace{"tradeoff", TEXT("Trade-off")},
    ExplanationPlace{"plans", TEXT("Plans")},
};

#undef TEXT

}  // namespace

std::span<const ExplanationTopic> explanationTopics() {
    return kTopics;
}

const ExplanationTopic* explanationTopic(const QString& id) {
    const auto found = std::find_if(kTopics.begin(), kTopics.end(), [&](const ExplanationTopic& topic) {
        return id == QLatin1String(topic.id);
    });
    return found == kTopics.end() ? nullptr : &*found;
}

std::span<const ExplanationPlace> explanationPlaces() {
    return kPlaces;
}

const ExplanationPlace* explanationPlace(const QString& name) {
    const auto found = std::find_if(kPlaces.begin(), kPlaces.end(), [&](const ExplanationPlace& place) {
        return name == QLatin1String(place.name);
    });
    return found == kPlaces.end() ? nullptr : &*found;
}

QString explanationText(const char* text) {
    return QCoreApplication::translate("Explanation", text);
}

}  // namespace rankscope::gui
