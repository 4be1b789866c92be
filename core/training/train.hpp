// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.hpp"
#include "core/training/train_request.hpp"

namespace rankscope {

/// Trains a model, from random weights or those of `init`, and writes a model folder.
///
/// While it runs, `OUTPUT.training/` holds the tokenizer and checkpoint.safetensors, written every
/// `training.checkpoint_every` steps and when the run is cancelled; with `resume` a run goes on from there and ends with
/// the bits the uninterrupted run would have had (same threads, same machine). At the end the folder OUTPUT appears
/// complete and OUTPUT.training is removed.
///
/// The budget is `tokens`, or `minutes` (turned into steps after the first steps were timed), or one pass over the text.
/// Held-out texts are scored whole at the end, with the weights as written and in float32: what `evaluate` reports.
///
/// Error{Usage}: output or an unfinished run is in the way, nothing to resume, another budget or seed than the run to
/// resume. Error{Input}: malformed configuration, texts or tokenizer; another text or configuration than the run to
/// resume; a loss that is not finite. Cancelled: the checkpoint is complete.
[[nodiscard]] TrainResult train(const TrainRequest& request, const Progress& progress);

}  // namespace rankscope
