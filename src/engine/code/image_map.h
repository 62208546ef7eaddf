// The code map: which image holds a pc. Written when images come and go, read by signal handlers at any time.
//
// A radix table over the address space with one slot per page: two dependent loads, no lock, no loop, nothing to retry. A reader
// may run on any thread at any moment, also in the middle of a writer. It may use what it found as long as the image lives; that
// holds for a pc that is being executed, because whoever runs an image owns it.
// Tested by image_map_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "engine/code/image.h"

#include <mote/result.h>

namespace mote::code {

// `code` begins at a page. The image stays findable until remove_from_map(); fails when there is no memory for the table.
[[nodiscard]] Result<void> add_to_map(Bytes code, const Image* image);
void remove_from_map(Bytes code);

}  // namespace mote::code
