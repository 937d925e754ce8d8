// What is read and written again is read alike.
#include <cstdlib>

#include "protocols/rtcp/rtcp.hpp"

using namespace casement::protocols;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto packets = rtcp::parse({data, size});
    if (!packets) return 0;
    for (const rtcp::Packet& packet : *packets) {
        if (const auto* report = std::get_if<rtcp::SenderReport>(&packet)) {
            const auto again = rtcp::parse(rtcp::write_sender_report(*report, "cname"));
            if (!again || !(std::get<rtcp::SenderReport>(again->at(0)) == *report)) std::abort();
        }
        if (const auto* report = std::get_if<rtcp::ReceiverReport>(&packet)) {
            const auto again = rtcp::parse(rtcp::write_receiver_report(*report, "cname"));
            if (!again || !(std::get<rtcp::ReceiverReport>(again->at(0)) == *report)) std::abort();
        }
    }
    return 0;
}
