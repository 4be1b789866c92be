// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/capture/detail/hdf5.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace rankscope::hdf5 {

/// Careful access to one file of unknown origin. Follows hard links only, refuses storage outside the file, and checks type,
/// shape and stored bytes of a dataset before it gives it out; every failure is Error{Input} naming file and place.
class CarefulReader {
public:
    explicit CarefulReader(const std::filesystem::path& path);

    [[nodiscard]] hid_t root() const noexcept { return file_.id(); }

    [[nodiscard]] bool has(hid_t parent, const std::string& name) const;
    [[nodiscard]] Group group(hid_t parent, const std::string& name) const;
    /// Names in a group, in alphabetical order.
    [[nodiscard]] std::vector<std::string> names(const Group& group) const;

    [[nodiscard]] bool has_attribute(hid_t object, const std::string& name) const;
    [[nodiscard]] std::string text_attribute(hid_t object, const std::string& name) const;
    [[nodiscard]] std::int64_t integer_attribute(hid_t object, const std::string& name) const;

    /// A dataset of floating-point numbers or integers with exactly this shape.
    [[nodiscard]] Dataset floats(hid_t parent, const std::string& name, const std::vector<std::int64_t>& shape) const;
    [[nodiscard]] Dataset integers(hid_t parent, const std::string& name, const std::vector<std::int64_t>& shape) const;
    /// A matrix of strings.
    [[nodiscard]] Dataset texts(hid_t parent, const std::string& name, const std::vector<std::int64_t>& shape) const;
    /// Shape of a numeric dataset of `rank` dimensions, each from 1 to 2^40.
    [[nodiscard]] std::vector<std::int64_t> shape(hid_t parent, const std::string& name, int rank) const;

    /// The whole of a small integer dataset: a list, or a matrix row by row.
    template <class T>
    [[nodiscard]] std::vector<T> list(hid_t parent, const std::string& name, int rank = 1) const;
    /// A scalar string dataset.
    [[nodiscard]] std::string text(hid_t parent, const std::string& name) const;

    [[nodiscard]] std::vector<float> read_floats(const Dataset& dataset, const Extents& offset, const Extents& count, const std::string& what) const;
    [[nodiscard]] std::vector<std::int32_t> read_integers(const Dataset& dataset, const Extents& offset, const Extents& count, const std::string& what) const;
    [[nodiscard]] std::vector<std::string> read_texts(const Dataset& dataset, const Extents& offset, const Extents& count, const std::string& what) const;

    /// Tells the system that all of a contiguous dataset will be read soon: from a slow disk it comes while others are opened.
    void read_ahead(const Dataset& dataset) const;

    [[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) const;

private:
    [[nodiscard]] Dataset open(hid_t parent, const std::string& name) const;
    [[nodiscard]] Dataset checked(hid_t parent, const std::string& name, H5T_class_t wanted, const std::vector<std::int64_t>& shape) const;
    [[nodiscard]] std::vector<std::int64_t> shape_of(const Dataset& dataset, const std::string& name) const;
    void check_storage(const Dataset& dataset, const std::string& name, const std::vector<std::int64_t>& shape) const;
    void read(const Dataset& dataset, hid_t type, const Extents& offset, const Extents& count, void* out, const std::string& what,
              hid_t transfer = H5P_DEFAULT) const;

    std::string path_;
    std::int64_t bytes_ = 0;
    File file_;
};

}  // namespace rankscope::hdf5
