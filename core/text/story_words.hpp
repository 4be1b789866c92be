// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope {

// The words of the story world, by role. No word has two roles, so a role can be read off the word alone.

inline constexpr std::array<std::string_view, 48> kStoryObjects = {
    "anchor", "basket", "blanket", "bottle",  "bucket", "candle", "carpet",  "clock",  "coat",   "compass",
    "cup",    "drum",   "flag",    "globe",   "hammer", "hat",    "helmet",  "jar",    "kettle", "key",
    "kite",   "knife",  "ladder",  "lantern", "letter", "lock",   "map",     "medal",  "mirror", "needle",
    "oar",    "pearl",  "plate",   "ring",    "rope",   "saddle", "scarf",   "shovel", "spoon",  "statue",
    "sword",  "table",  "tent",    "trunk",   "violin", "wheel",  "whistle", "yoke"};

inline constexpr std::array<std::string_view, 32> kStoryNames = {
    "Amir", "Anna",  "Bella", "Ben",  "Carl",   "Clara",  "Daniel", "Dora",  "Edith", "Felix", "Greta",
    "Hugo", "Ida",   "Jonas", "Kate", "Leo",    "Mara",   "Mina",   "Nora",  "Oscar", "Paula", "Quinn",
    "Rosa", "Simon", "Tilda", "Tom",  "Ursula", "Victor", "Wanda",  "Xenia", "Yusuf", "Zoe"};

inline constexpr std::array<std::string_view, 32> kStoryTowns = {
    "Bath",   "Buxton", "Deal",  "Derby",  "Dover",  "Durham",  "Ely",    "Exeter",
    "Frome",  "Hull",   "Hythe", "Kendal", "Largs",  "Ledbury", "Leeds",  "Ludlow",
    "Malton", "Nairn",  "Oban",  "Oxford", "Perth",  "Ripon",   "Rye",    "Selby",
    "Stroud", "Thirsk", "Truro", "Wells",  "Whitby", "Wick",    "Woking", "York"};

inline constexpr std::array<std::string_view, 12> kStoryWeather = {
    "bright", "calm", "cold", "dark", "dry", "foggy", "mild", "rainy", "sunny", "warm", "wet", "windy"};

inline constexpr std::array<std::string_view, 14> kStoryLooks = {"black", "blue",  "dusty", "green", "grey",
                                                                 "heavy", "large", "light", "new",   "old",
                                                                 "plain", "red",   "small", "white"};

inline constexpr std::array<std::string_view, 14> kStoryMoods = {
    "brave", "cheerful", "clever", "gentle", "happy", "kind",  "proud",
    "quick", "sad",      "shy",    "slow",   "stern", "tired", "young"};

inline constexpr std::array<std::string_view, 3> kStoryTimes = {"dawn", "night", "noon"};

/// What the sentence patterns themselves are made of.
inline constexpr std::array<std::string_view, 18> kStoryGlue = {".",   "?",  "and",  "at",  "can",  "find",
                                                                "has", "in", "is",   "it",  "met",  "sent",
                                                                "the", "to", "took", "was", "went", "where"};

/// What a tokenizer answers for a word outside the language. Never generated.
inline constexpr std::string_view kStoryUnknown = "<unk>";

/// All tokens in the order of their ids: kStoryUnknown, then the lists above.
[[nodiscard]] std::vector<std::string> story_vocabulary();

}  // namespace rankscope
