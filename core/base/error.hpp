// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace rankscope {

/// What kind of trouble it was; decides the exit code (exit_code below) and how the window shows it.
enum class ErrorKind {
    Usage,        ///< the request itself is wrong (unknown option, output exists): exit 2
    Input,        ///< a file or folder is malformed, missing or inconsistent: exit 3
    Unsupported,  ///< recognised but not supported (family, feature, version): exit 4
    Resource,     ///< out of memory, disk or device: exit 5
    Internal,     ///< a defect of ours: exit 1
};

/// The one exception that crosses module borders. `message` reads "WHAT: WHERE: found F, expected E" on one line;
/// `hint` says what to try, or is empty.
class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, const std::string& message, std::string hint = {})
        : std::runtime_error(message), kind_(kind), hint_(std::move(hint)) {}

    [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

private:
    ErrorKind kind_;
    std::string hint_;
};

/// The user changed their mind (Ctrl-C, cancel, superseded). Not an Error: nothing went wrong. Exit 130.
class Cancelled : public std::exception {
public:
    [[nodiscard]] const char* what() const noexcept override { return "cancelled"; }
};

/// Exit code of rankscope-cli for an error of this kind (core/README.md lists them all).
[[nodiscard]] int exit_code(ErrorKind kind) noexcept;

[[noreturn]] void throw_usage(const std::string& message, std::string hint = {});
[[noreturn]] void throw_input(const std::string& message, std::string hint = {});
[[noreturn]] void throw_unsupported(const std::string& message, std::string hint = {});
[[noreturn]] void throw_resource(const std::string& message, std::string hint = {});

/// Renders text of unknown origin so that it stays on one line and stays readable: control characters (also those beyond
/// ASCII) and invalid UTF-8 as \xNN, cut after `limit` bytes. Every name that comes from a file passes through here before
/// it is printed.
[[nodiscard]] std::string printable(const std::string& text, std::size_t limit = 200);

}  // namespace rankscope
