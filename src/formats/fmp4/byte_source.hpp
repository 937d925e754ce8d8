#pragma once
// Bytes by offset: a file, a buffer. What readers of recorded files are given.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "media/bytes.hpp"

namespace casement::formats {

class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Length in bytes now; a file being written may grow.
    virtual std::uint64_t size() const = 0;
    /// Fills `into` from `offset`; fewer bytes only at the end. May block: call on a blocking pool
    /// when it is a file.
    virtual base::Result<std::size_t> read_at(std::uint64_t offset,
                                              std::span<std::uint8_t> into) const = 0;
};

class MemorySource final : public ByteSource {
public:
    explicit MemorySource(media::Bytes bytes) : bytes_(std::move(bytes)) {}
    std::uint64_t size() const override { return bytes_.size(); }
    base::Result<std::size_t> read_at(std::uint64_t offset,
                                      std::span<std::uint8_t> into) const override {
        if (offset >= bytes_.size()) return std::size_t{0};
        const std::size_t count = std::min<std::size_t>(into.size(), bytes_.size() - offset);
        if (count > 0) std::memcpy(into.data(), bytes_.data() + offset, count);
        return count;
    }

private:
    media::Bytes bytes_;
};

/// A regular file, opened for reading; closed by the destructor.
class FileSource final : public ByteSource {
public:
    /// NotFound, PermissionDenied or Unavailable.
    static base::Result<FileSource> open(const std::string& path);
    FileSource(FileSource&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    FileSource& operator=(FileSource&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~FileSource() override;
    std::uint64_t size() const override;
    base::Result<std::size_t> read_at(std::uint64_t offset,
                                      std::span<std::uint8_t> into) const override;

private:
    explicit FileSource(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

}  // namespace casement::formats
