// A component for `wasmtime serve` that answers each request with "hello" and looks at nothing: the least that a handler does there.
// The canonical ABI by hand, so that no generator of bindings is needed (./bench up builds it).
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define HTTP "wasi:http/types@0.2.0"
#define STREAMS "wasi:io/streams@0.2.0"

IMPORT(HTTP, "[constructor]fields") int new_fields(void);
IMPORT(HTTP, "[constructor]outgoing-response") int new_response(int fields);
IMPORT(HTTP, "[method]outgoing-response.body") void response_body(int response, void* result);
IMPORT(HTTP, "[static]response-outparam.set")
void set_response(int outparam, int is_error, int response, int e1, int64_t e2, int e3, int e4, int e5, int e6);
IMPORT(HTTP, "[method]outgoing-body.write") void body_stream(int body, void* result);
IMPORT(HTTP, "[static]outgoing-body.finish") void finish_body(int body, int has_trailers, int trailers, void* result);
IMPORT(HTTP, "[resource-drop]incoming-request") void drop_request(int request);
IMPORT(STREAMS, "[method]output-stream.blocking-write-and-flush") void write_all(int stream, const char* bytes, int size, void* result);
IMPORT(STREAMS, "[resource-drop]output-stream") void drop_stream(int stream);

// result<handle>, and room for the largest result<_, error-code>.
static struct {
  int is_error, handle;
  int64_t room[8];
} result;

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle"))) void handle(int request, int outparam) {
  const int response = new_response(new_fields());
  response_body(response, &result);
  const int body = result.handle;
  set_response(outparam, 0, response, 0, 0, 0, 0, 0, 0);
  body_stream(body, &result);
  const int stream = result.handle;
  write_all(stream, "hello\n", 6, &result);
  drop_stream(stream);
  finish_body(body, 0, 0, &result);
  drop_request(request);
}

// For texts in errors, which nobody reads.
static _Alignas(16) char room[4096];
static uint32_t used;

__attribute__((export_name("cabi_realloc"))) void* cabi_realloc(void* old, uint32_t old_size, uint32_t alignment, uint32_t size) {
  (void)old, (void)old_size;
  used = (used + alignment - 1) & -alignment;
  if (size > sizeof room - used) __builtin_trap();
  used += size;
  return room + used - size;
}
