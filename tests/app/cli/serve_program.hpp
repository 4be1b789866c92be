// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/protocol_client.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace rankscope::test {

/// `rankscope-cli serve` as the window starts it: a child with pipes for its three streams. Killed at the end if it still runs.
class ServeProgram {
public:
    /// `program`: empty = the one under test.
    explicit ServeProgram(const std::filesystem::path& program = {});
    ~ServeProgram();
    ServeProgram(const ServeProgram&) = delete;
    ServeProgram& operator=(const ServeProgram&) = delete;

    [[nodiscard]] ProtocolClient& client() { return *client_; }

    /// Its exit code, once it has ended; 128 + signal where a signal ended it, -1 where it was still there after a minute.
    int wait();
    /// Sends it a signal.
    void signal(int number) const;
    /// What it wrote to standard error until it ended.
    [[nodiscard]] std::string errors() const;

private:
    int child_ = -1, code_ = -1;
    std::filesystem::path errors_;
    std::unique_ptr<ProtocolClient> client_;
};

}  // namespace rankscope::test
