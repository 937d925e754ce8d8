#include "hub/reader.hpp"

#include "hub/reader_state.hpp"

namespace casement::hub {

Reader::Reader(std::shared_ptr<State> state) : state_(std::move(state)) {}
Reader::Reader(Reader&&) noexcept = default;

Reader& Reader::operator=(Reader&& other) noexcept {
    if (state_) state_->stream->leave(*state_);
    state_ = std::move(other.state_);
    return *this;
}

Reader::~Reader() {
    if (state_) state_->stream->leave(*state_);
}

std::optional<Item> Reader::try_next() { return state_->stream->read(*state_); }

async::Task<base::Result<>> Reader::wait() {
    const auto state = state_;
    for (;;) {
        // Armed before the look, so that a unit that comes between look and wait still rings.
        state->armed = true;
        if (state->stream->has_next(*state)) break;
        if (state->ended)
            co_return base::fail(base::ErrorKind::NotFound, "camera \"{}\" was removed",
                                 state->stream->name());
        CASEMENT_CO_TRY(co_await state->bell.wait());
    }
    state->armed = false;
    co_return base::Result<>{};
}

async::Task<base::Result<bool>> Reader::wait_until(std::chrono::steady_clock::time_point time) {
    const auto state = state_;
    for (;;) {
        state->armed = true;
        if (state->stream->has_next(*state)) break;
        if (state->ended)
            co_return base::fail(base::ErrorKind::NotFound, "camera \"{}\" was removed",
                                 state->stream->name());
        CASEMENT_CO_TRY(const bool rung, co_await state->bell.wait_until(time));
        if (!rung) co_return false;
    }
    state->armed = false;
    co_return true;
}

async::Task<base::Result<Item>> Reader::next() {
    for (;;) {
        if (auto item = state_->stream->read(*state_)) co_return std::move(*item);
        CASEMENT_CO_TRY(co_await wait());
    }
}

const std::shared_ptr<Stream>& Reader::stream() const { return state_->stream; }

}  // namespace casement::hub
