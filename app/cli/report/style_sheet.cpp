// SPDX-License-Identifier: Apache-2.0
#include "app/cli/report/report_page.hpp"

namespace rankscope::cli::report {

// The colours are those of the window.
const char* style_sheet() {
    return R"css(
:root { color-scheme: light dark; --ground: #ffffff; --panel: #f6f7f9; --line: #d3d8df; --grid: #e8ebef; --text: #18202b; --quiet: #4f5a68;
  --accent: #1d5fb8; --m-random: #6f7680; --m-l1: #0072b2; --m-s-wanda: #00805d; --m-taylor: #b0548a; --m-energy: #7a6a00; --m-drrqr: #c65400;
  --m-mixed: #4f5a68; --m-full: #18202b; }
@media (prefers-color-scheme: dark) { :root { --ground: #181c22; --panel: #20252d; --line: #323a45; --grid: #262c35; --text: #e7ebf1;
  --quiet: #aeb8c5; --accent: #7fb3f7; --m-random: #a3acb8; --m-l1: #5db5ec; --m-s-wanda: #3cc79b; --m-taylor: #e79cc6; --m-energy: #d9c24a;
  --m-drrqr: #ff9448; --m-mixed: #aeb8c5; --m-full: #e7ebf1; } }
@media print { :root { color-scheme: light; --ground: #ffffff; --panel: #ffffff; --line: #b8bfc8; --grid: #e8ebef; --text: #000000; --quiet: #333333;
  --accent: #1d5fb8; --m-random: #6f7680; --m-l1: #0072b2; --m-s-wanda: #00805d; --m-taylor: #b0548a; --m-energy: #7a6a00; --m-drrqr: #c65400;
  --m-mixed: #4f5a68; --m-full: #18202b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 62rem; background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, "Segoe UI", "Helvetica Neue", "Noto Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.25rem; margin: 3rem 0 .6rem; padding-top: .7rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
p { margin: .5rem 0; max-width: 46rem; }
.quiet, figcaption { color: var(--quiet); font-size: .9rem; }
.story { font-size: 1.1rem; padding: .9rem 1.1rem; background: var(--panel); border-left: 3px solid var(--accent); border-radius: 3px; }
.story p { margin: 0; max-width: none; }
.notes { white-space: pre-wrap; overflow-wrap: anywhere; }
.missing { padding: .7rem 1rem; border: 1px dashed var(--line); border-radius: 4px; color: var(--quiet); overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; margin: .6rem 0; }
th, td { padding: .22rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--grid); }
th:first-child { text-align: left; padding-left: 0; font-weight: 500; }
thead th { color: var(--quiet); font-weight: 600; border-bottom: 1px solid var(--line); vertical-align: bottom; }
.facts th, .facts td { text-align: left; vertical-align: top; }
.facts td { white-space: normal; overflow-wrap: anywhere; }
.facts td { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .82rem; }
figure { margin: 1rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: .5rem 1.2rem; }
.tiles figure { margin: .3rem 0; }
.tiles.wide { grid-template-columns: repeat(auto-fill, minmax(25rem, 1fr)); }
svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, "Segoe UI", "Noto Sans", sans-serif; fill: var(--quiet); }
svg .up { font-size: 9px; }
svg .name { fill: var(--text); }
svg .grid { stroke: var(--grid); fill: none; }
svg .axis { stroke: var(--line); fill: none; }
svg .level { stroke: var(--text); stroke-dasharray: 5 4; fill: none; }
svg .level-name { fill: var(--text); }
svg .line { fill: none; stroke: var(--c); stroke-width: 1.6; stroke-linejoin: round; }
svg .line.m-drrqr-normalised { stroke-dasharray: 6 3; } svg .line.m-drrqr-sampled { stroke-dasharray: 2 3; }
svg .band { fill: var(--c); opacity: .18; }
svg .whisker { fill: none; stroke: var(--c); stroke-width: 1.2; }
svg .marker { fill: var(--c); fill-rule: evenodd; stroke: var(--ground); stroke-width: .8; }
svg .label { fill: var(--c); }
.faint { opacity: .55; }
.key { display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; padding: 0; margin: .2rem 0 .6rem; list-style: none; font-size: .9rem; }
.key svg, td svg, th svg { display: inline-block; width: 1rem; height: 1rem; vertical-align: -.15rem; margin-right: .35rem; }
.m-random { --c: var(--m-random); } .m-l1 { --c: var(--m-l1); } .m-s-wanda { --c: var(--m-s-wanda); } .m-taylor { --c: var(--m-taylor); }
.m-energy { --c: var(--m-energy); } .m-drrqr, .m-drrqr-normalised, .m-drrqr-sampled { --c: var(--m-drrqr); } .m-mixed { --c: var(--m-mixed); }
.m-full { --c: var(--m-full); } .accent { --c: var(--accent); }
footer { margin-top: 3rem; color: var(--quiet); font-size: .85rem; }
@media print { body { padding: 0; max-width: none; font-size: 10pt; } h2 { break-after: avoid; } figure, tr, .story { break-inside: avoid; }
  .scroll { overflow: visible; } table { font-size: 8pt; } th, td { padding: .12rem .4rem; } }
)css";
}

}  // namespace rankscope::cli::report
