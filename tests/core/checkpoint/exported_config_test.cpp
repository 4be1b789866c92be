// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/checkpoint/padded_export.hpp"
#include "tests/support/expect_error.hpp"

namespace rankscope {
namespace {

std::string config_with(const std::string& more) {
    return R"({"model_type":"delta_net","hidden_size":64,"num_hidden_layers":3,"num_heads":2,"expand_k":1.0,"expand_v":1.0,)"
           R"("vocab_size":64,"intermediate_size":64,"attn":{"layers":[1],"num_heads":2,"num_kv_heads":2,"rope_theta":10000.0})"
           + more + "}";
}

TEST(ExportedConfig, HasTheWidthsThatAPaddedExportNames) {
    const ModelConfig config = parse_exported_config(config_with(R"(,"pruned_key_dims":[12,null,32])"), "x/config.json");
    EXPECT_EQ(config.layers[0].key_dim, 12);
    EXPECT_EQ(config.layers[0].written_key_dim, 32);
    EXPECT_EQ(config.layers[2].key_dim, 32);
}

TEST(ExportedConfig, IsTheConfigItselfOtherwise) {
    for (const char* more : {"", R"(,"pruned_key_dims":null)", R"(,"pruned_key_dims":[12,null,32],"qk_activation":"elu")"}) {
        const ModelConfig config = parse_exported_config(config_with(more), "x/config.json");
        EXPECT_EQ(config.layers[0].key_dim, 32) << more;
    }
}

TEST(ExportedConfig, RefusesWidthsThatDoNotFit) {
    for (const char* widths : {"[12,null]", "[12,4,32]", "[0,null,32]", "[33,null,32]", "[12.5,null,32]", "7"}) {
        test::expect_error(ErrorKind::Input, "pruned_key_dims", [&] {
            (void)parse_exported_config(config_with(std::string(",\"pruned_key_dims\":") + widths), "x/config.json");
        });
    }
}

}  // namespace
}  // namespace rankscope
