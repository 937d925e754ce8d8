#pragma once
// What sources that decode, encode or read files need from the house. All of it outlives them.

#include "async/blocking_pool.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"

namespace casement::sources {

struct Surroundings {
    async::BlockingPool& pool;  // for libav and the disk
    const base::Clock& clock;
    base::Log log;
};

}  // namespace casement::sources
