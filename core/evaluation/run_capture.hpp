// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.hpp"
#include "core/evaluation/capture_request.hpp"
#include "core/model/model.hpp"

namespace rankscope {

/// Runs the model window by window up to the last captured layer and writes states, spectra and inputs (core/README.md) to
/// request.output through NAME.part. Memory does not depend on the number of windows, nor on that of the positions: where the
/// states of one layer would take more than 128 MiB, the layer is run again for the next positions. On a device whose kernels are
/// trusted (Model::spectra_implementation) spectra and norms are computed there, in batches of 32 MiB of states that take 96 MiB of
/// its memory, and halves where that is not free; of the states those to be written alone come back.
///
/// `resume` goes on from a .part that the same request left behind, else from the start. Cancelled or failed: the .part stays
/// and the final name is untouched. An existing file of the final name is replaced (the caller asks first).
/// Error{Usage}: layers, heads or positions that the model or the windows do not have; Error{Input}: NaN in a state, a .part
/// of another capture; Error{Resource}: disk.
[[nodiscard]] CaptureResult run_capture(const Model& model, const CaptureRequest& request, const Progress& progress);

}  // namespace rankscope
