// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rankscope {

/// What has to be collected from a run over calibration text. Only what some method of a job needs is collected.
struct ChannelNeeds {
    bool weights = false;           ///< q_proj and k_proj themselves; no run needed
    bool input_norms = false;       ///< root mean square of every feature that q_proj multiplies
    bool r_factor = false;          ///< R of the stacked q and k activations (after convolution and activation)
    bool normalised_factor = false; ///< the same of l2-normalised rows
    bool sampled_factor = false;    ///< the same of randomly chosen rows
    bool energy = false;            ///< mean normalised q² + k² of every channel
    bool gradients = false;         ///< Σ|W∘G| of every channel, from a backward pass

    /// Needs q and k before the norm (MixerTrace::q_raw, k_raw).
    [[nodiscard]] bool raw_keys() const noexcept { return r_factor || normalised_factor || sampled_factor || energy; }

    /// Needs a forward pass with traces.
    [[nodiscard]] bool activations() const noexcept { return input_norms || raw_keys(); }

    /// Needs text at all.
    [[nodiscard]] bool data() const noexcept { return activations() || gradients; }

    ChannelNeeds& operator|=(const ChannelNeeds& other) noexcept;
    bool operator==(const ChannelNeeds&) const = default;
};

/// A way to choose key/query channels.
struct Method {
    std::string_view name;         ///< as in plan files and on the command line
    std::string_view title;        ///< for people: "DRRQR normalised"
    std::string_view description;  ///< one line for people
    ChannelNeeds needs;
};

/// All methods, in the order `--help` shows them.
[[nodiscard]] std::span<const Method> methods() noexcept;

/// By name; Error{Usage} for an unknown one, listing those there are.
[[nodiscard]] const Method& method_named(const std::string& name);

/// Whether a method needs a text to calibrate on. Of an unknown one: it may.
[[nodiscard]] bool needs_data(const std::string& name) noexcept;

/// Whether a method may keep other channels at a width than the first of its order: the swap stage of the rank-revealing
/// factorisations. False for an unknown one.
[[nodiscard]] bool chooses_per_width(const std::string& name) noexcept;

/// The title of a method; of an unknown one the name itself.
[[nodiscard]] std::string title_of(const std::string& name);

}  // namespace rankscope
