#pragma once
// The part of a test picture that a program reads: two rows of black and white cells along the
// lower edge.

#include "ffmpeg/canvas.hpp"
#include "ffmpeg/test_picture.hpp"

namespace casement::ffmpeg {

Rect flash_box(int width, int height);
void draw_cells(Canvas& canvas, const TestPictureReading& reading);

}  // namespace casement::ffmpeg
