#pragma once
// The box in which a recorded segment says what it is: docs/ref/recording-format.md. Private to
// fmp4/.

#include <optional>

#include "formats/fmp4/box.hpp"
#include "formats/fmp4/writer.hpp"

namespace casement::formats::fmp4 {

void write_casement_box(ByteWriter& out, const SegmentIdentity& identity);
/// `body` of a uuid box. Nothing when it is another's or broken.
std::optional<SegmentIdentity> parse_casement_box(ByteSpan body);

}  // namespace casement::formats::fmp4
