#pragma once
// What happened to a device, for tests and for its own status messages.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace casement::emulators::arlo {

/// Since its start; nothing is ever set back, not by a reboot either.
struct Counters {
    // Towards the base.
    std::uint64_t boots = 0;
    std::uint64_t associations = 0;  // with the Wi-Fi, boots included
    std::uint64_t registrations_sent = 0;
    std::uint64_t registrations = 0;         // acknowledged
    std::uint64_t registrations_failed = 0;  // refused, or no ack in time
    std::uint64_t statuses = 0;              // acknowledged, as are the next two
    std::uint64_t alerts = 0;
    std::uint64_t logs = 0;
    std::uint64_t undelivered = 0;   // messages that got no ack, or had no base to go to
    std::uint64_t clock_sets = 0;    // EpochBsTime
    std::uint64_t clock_missed = 0;  // a registration or a status after which none came in time

    // From the base.
    std::uint64_t connections = 0;
    std::uint64_t commands = 0;
    std::uint64_t bad_frames = 0;  // connections that were closed for what they said
    std::uint64_t register_sets = 0;
    std::uint64_t refused_registers = 0;
    std::uint64_t nacks = 0;
    std::size_t most_commands_at_once = 0;

    // What it noticed.
    std::uint64_t motions = 0;  // alerts
    std::uint64_t sounds = 0;
    std::uint64_t presses = 0;
    std::uint64_t held_back = 0;       // by AlertBackoffTime
    std::uint64_t failed_streams = 0;  // an alert that nobody came to see

    // RTSP.
    std::uint64_t rtsp_connections = 0;
    std::uint64_t rtsp_foreigners = 0;  // cut because they are not the gateway
    std::uint64_t rtsp_busy = 0;        // 453, only with listens_while_busy
    std::uint64_t sessions = 0;         // PLAY answered with 200
    std::uint64_t teardowns = 0;
    std::uint64_t lost_sessions = 0;  // the connection went without TEARDOWN
    std::uint64_t runaways = 0;       // of these: media goes on and nothing will end it
    std::uint64_t watchdog_trips = 0;
    std::uint64_t time_limits = 0;  // ended by MaxUserStreamTimeLimit or MaxStreamTimeLimit
    std::uint64_t reports = 0;      // RTCP packets received
    std::chrono::nanoseconds longest_report_gap{0};  // in any session
    std::chrono::nanoseconds streamed{0};
    std::chrono::nanoseconds motion_streamed{0};

    // Sound towards the device.
    std::uint64_t talk_packets = 0;  // PCMU
    std::uint64_t talk_bytes = 0;
    std::uint64_t talk_missing = 0;  // gaps in the sequence numbers
    std::uint64_t talk_others = 0;   // datagrams that are no such packet
    std::uint64_t call_packets = 0;  // Opus, from the base
    std::uint64_t call_sent = 0;     // Opus, to the base

    // Pictures.
    std::uint64_t snapshots = 0;       // asked for
    std::uint64_t uploads = 0;         // answered with 2xx
    std::uint64_t uploads_failed = 0;  // tries

    std::uint64_t reboots = 0;
    std::uint64_t naps = 0;
};

}  // namespace casement::emulators::arlo
