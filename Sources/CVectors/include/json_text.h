#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

/// Copies UTF-8 as the inside of a JSON string (RFC 8259 7), with a backslash before quotation marks and backslashes.
///
/// Stops at any other character below 0x20, at 0x7F, and at a byte C2, D8 or E2, with which control characters beyond
/// ASCII begin; and within the last `json_text_width` bytes of the text.
///
/// `end` is where it writes, and then the end of what it has written; up to `json_text_width` bytes after that are
/// overwritten too. Returns how many bytes of `text` it has copied.
size_t json_text_copy(const uint8_t *_Nonnull text, size_t count, uint8_t *_Nonnull *_Nonnull end);

/// The same in blocks of 16 bytes, as on any processor.
size_t json_text_copy_narrow(const uint8_t *_Nonnull text, size_t count, uint8_t *_Nonnull *_Nonnull end);

enum json_text { json_text_width = 32 };

#endif
