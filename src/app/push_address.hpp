#pragma once
// Where a camera that comes to the hub sends its pictures: the address with its secret end. Told to
// the owner of the machine by a command, and to nobody else: no log, no answer of the API and no
// page has it.

#include <filesystem>
#include <string>
#include <vector>

#include "app/cli/commands.hpp"
#include "app/config/load.hpp"
#include "store/sealed.hpp"

namespace casement::app {

/// The key that a pushed camera's file does not name: kept in the sealed store, made there the
/// first time. Blocks.
base::Result<base::Secret> kept_push_key(store::SealedStore& sealed, const std::string& camera);
/// Another key in its place; the running hub takes it over at its next reload. Blocks.
base::Result<base::Secret> replace_push_key(store::SealedStore& sealed, const std::string& camera);

/// The RTMP listener as a camera can reach it: of rtmp.advertise, else of the listener, else
/// `own_address` where it listens on every address.
struct RtmpPlace {
    std::string host;
    std::uint16_t port = 0;
};
RtmpPlace rtmp_place(const config::Config& config, const std::string& own_address);

/// Both hold the key.
struct PushAddresses {
    std::string rtmp, rtsp;
};

/// With the host that a camera can reach: of rtmp.advertise, else of the listener, else
/// `own_address` where it listens on every address.
PushAddresses push_addresses(const config::Config& config, const base::Secret& key,
                             const std::string& own_address);

/// `casement camera NAME --push-address` and `--new-push-address`. `directories`: where the hub's
/// data may be, best first. Needs no running hub; an exit status.
int show_push_address(const cli::Console& console, const config::Loaded& loaded,
                      const std::vector<std::filesystem::path>& directories,
                      const cli::ShowCamera& command, const std::string& own_address);

}  // namespace casement::app
