#pragma once
// A gather list that shrinks from the front as the kernel takes bytes.

#include <sys/uio.h>

#include <span>

#include <boost/container/small_vector.hpp>

namespace casement::net {

class Gather {
public:
    explicit Gather(std::span<const iovec> parts) {
        for (const iovec& part : parts) {
            if (part.iov_len != 0) parts_.push_back(part);
        }
    }

    bool empty() const { return at_ == parts_.size(); }
    std::span<const iovec> left() const { return std::span(parts_).subspan(at_); }

    void consume(std::size_t bytes) {
        while (bytes > 0 && !empty()) {
            iovec& part = parts_[at_];
            if (bytes < part.iov_len) {
                part.iov_base = static_cast<char*>(part.iov_base) + bytes;
                part.iov_len -= bytes;
                return;
            }
            bytes -= part.iov_len;
            ++at_;
        }
    }

private:
    boost::container::small_vector<iovec, 8> parts_;
    std::size_t at_ = 0;
};

}  // namespace casement::net
