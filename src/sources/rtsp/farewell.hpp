#pragma once
// TEARDOWN on a connection of its own: for sessions whose connection broke, and for those of an
// earlier life of the hub.

#include <functional>
#include <optional>
#include <string>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "base/url.hpp"
#include "net/connect.hpp"
#include "sources/rtsp/journal.hpp"
#include "sources/rtsp/rtsp_options.hpp"

namespace casement::sources::rtsp {

/// True when the camera answered, whatever it said: the session is gone then, or was not known any
/// more. Signs when it is asked to.
async::Task<bool> say_teardown(base::Url url, std::string session_id, net::ConnectOptions connect,
                               async::Deadline deadline);

/// How the camera of a journal entry is reached today (the journal holds no credentials); nothing
/// when it is not configured any more: then it is tried without.
using AddressBook = std::function<std::optional<RtspOptions>(const OpenSession&)>;

/// Ends every session that the journal found at its construction; answered ones leave the journal.
/// Each gets `each` of time, one after the other, so that it can be awaited before the sources
/// start.
async::Task<> replay(FileJournal& journal, AddressBook address_book,
                     std::chrono::milliseconds each);

}  // namespace casement::sources::rtsp
