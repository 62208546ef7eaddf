// HTTP/2 (http2.h). RFC 9113.
//
// nghttp2 reads frames and calls back; the callbacks only note what came. Handlers are called afterwards, from work(), and what
// they answer is put into frames by pump(), as far as the output has room: nghttp2 asks the streams for their bytes then.
#include "base/http/http2.h"

#include "base/core/assert.h"
#include "base/http/text.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace mote::http {

namespace {

constexpr int32_t connection_window = 1 << 20;  // bytes of bodies that one connection may have sent and nobody has read
constexpr size_t most_spare = 16;               // streams kept for those to come

nghttp2_nv pair_of(std::string_view name, std::string_view value) {
  // nghttp2 copies both, and changes neither.
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())), reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())),
          name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

void Http2::Release::operator()(nghttp2_session* session) const {
  nghttp2_session_del(session);
}

struct Http2::Callbacks {
  static Stream* stream_of(nghttp2_session* session, int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<Http2*>(user);
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    return self.open_stream(frame->hd.stream_id) != nullptr ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                    const uint8_t* value, size_t value_size, uint8_t, void*) {
    Stream* const stream = stream_of(session, frame->hd.stream_id);
    if (stream != nullptr && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {  // trailers are dropped
      stream->add_header(text_of({name, name_size}), text_of({value, value_size}));
    }
    return 0;
  }

  static int frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<Http2*>(user);
    Stream* const stream = frame->hd.stream_id != 0 ? stream_of(session, frame->hd.stream_id) : nullptr;
    const bool has_ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    const bool is_ack = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (stream != nullptr && frame->headers.cat == NGHTTP2_HCAT_REQUEST) stream->make_ready();
        if (stream != nullptr && has_ended) stream->end_of_body();
        break;
      case NGHTTP2_DATA:
        if (stream != nullptr && has_ended) stream->end_of_body();
        if (frame->hd.length == 0 && !has_ended) self.count_nuisance();
        break;
      case NGHTTP2_RST_STREAM:
      case NGHTTP2_PRIORITY:
        self.count_nuisance();
        break;
      case NGHTTP2_PING:
      case NGHTTP2_SETTINGS:
        if (!is_ack) self.count_nuisance();
        break;
      default:
        break;
    }
    return 0;
  }

  static int invalid_frame(nghttp2_session*, const nghttp2_frame*, int, void* user) {
    auto& self = *static_cast<Http2*>(user);
    ++self.around_.counts.malformed;
    self.count_nuisance();
    return 0;
  }

  static int data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data, size_t size, void*) {
    if (Stream* const stream = stream_of(session, id)) {
      stream->receive({data, size});
    } else {
      (void)nghttp2_session_consume(session, id, size);
    }
    return 0;
  }

  static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void*) {
    const bool has_ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    const bool is_answer = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    Stream* const stream = is_answer && has_ended ? stream_of(session, frame->hd.stream_id) : nullptr;
    if (stream != nullptr) stream->sent_all();
    return 0;
  }

  static int stream_closed(nghttp2_session* session, int32_t id, uint32_t, void*) {
    if (Stream* const stream = stream_of(session, id)) stream->closed();
    return 0;
  }

  static ssize_t read_output(nghttp2_session*, int32_t, uint8_t* buffer, size_t size, uint32_t* flags, nghttp2_data_source* source,
                             void*) {
    bool is_last = false;
    const size_t taken = static_cast<Stream*>(source->ptr)->take_output({buffer, size}, is_last);
    if (is_last) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (taken == 0 && !is_last) return NGHTTP2_ERR_DEFERRED;
    return static_cast<ssize_t>(taken);
  }
};

Http2::Http2(Carrier& carrier, const Surroundings& surroundings)
    : carrier_(carrier),
      around_(surroundings),
      nuisances_left_(static_cast<double>(around_.limits.nuisances)),
      nuisances_since_ns_(carrier.now_ns()) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  ASSERT(nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::frame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, Callbacks::invalid_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::frame_sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::stream_closed);
  nghttp2_option_set_no_auto_window_update(option, 1);  // windows open as handlers read
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_session* session = nullptr;
  ASSERT(nghttp2_session_server_new2(&session, callbacks, this, option) == 0);
  session_.reset(session);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_option_del(option);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<uint32_t>(around_.limits.streams)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(around_.limits.head_size)},
  };
  (void)nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  (void)nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, connection_window);
}

Http2::~Http2() = default;

// Those that were reset and that a handler has still count, or a client could have any number of them at work.
Stream* Http2::open_stream(int32_t id) {
  if (streams_.size() >= around_.limits.streams) {
    (void)nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return nullptr;
  }
  std::unique_ptr<Stream> stream;
  if (spare_.empty()) {
    StreamOwner& owner = *this;
    stream = std::make_unique<Stream>(owner);
  } else {
    stream = std::move(spare_.back());
    spare_.pop_back();
  }
  stream->open(id);
  (void)nghttp2_session_set_stream_user_data(session_.get(), id, stream.get());
  streams_.push_back(std::move(stream));
  return streams_.back().get();
}

size_t Http2::receive(Bytes bytes) {
  const Inside inside(is_inside_);
  if (!bytes.empty() && !is_broken_) {
    const ssize_t taken = nghttp2_session_mem_recv(session_.get(), bytes.data(), bytes.size());
    if (taken < 0) {
      ++around_.counts.malformed;
      is_broken_ = true;
    }
  }
  work();
  pump();
  return bytes.size();
}

// Those whose heads came begin; those that wait go on; those that are over make room.
void Http2::work() {
  for (size_t i = 0; i < streams_.size(); ++i) {
    Stream& stream = *streams_[i];
    if (stream.has_head() && !stream.is_over()) begin(stream);
    stream.work();
  }
  std::erase_if(streams_, [this](std::unique_ptr<Stream>& one) {
    if (!one->is_over()) return false;
    consume(*one, one->unread());  // what others may send does not depend on who read this
    if (spare_.size() < most_spare) spare_.push_back(std::move(one));
    return true;
  });
}

void Http2::begin(Stream& stream) {
  if (++requests_ >= around_.limits.requests) go_away(NGHTTP2_NO_ERROR);
  if (const auto refusal = stream.finish_head(stream.is_body_done())) return stream.refuse(*refusal);
  stream.begin();
}

void Http2::pump() {
  ByteQueue& output = carrier_.output();
  while (!is_lost_ && output.size() < around_.limits.output_size) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
    if (size < 0) is_broken_ = true;
    if (size <= 0) return;
    output.append(Bytes(data, static_cast<size_t>(size)));
  }
}

bool Http2::wants_input() const {
  return !is_broken_ && !input_ended_ && carrier_.output().size() < around_.limits.output_size &&
         nghttp2_session_want_read(session_.get()) != 0;
}

void Http2::end_of_input() {
  input_ended_ = true;
}

void Http2::produce() {
  const Inside inside(is_inside_);
  for (size_t i = 0; i < streams_.size(); ++i) streams_[i]->produce();
  pump();
}

void Http2::lost() {
  is_lost_ = true;
  for (const auto& stream : streams_) stream->closed();
}

bool Http2::tick(uint64_t now_ns) {
  const Inside inside(is_inside_);
  bool acts = false;
  for (size_t i = 0; i < streams_.size(); ++i) acts |= streams_[i]->tick(now_ns);
  return acts;
}

void Http2::too_slow() {
  go_away(NGHTTP2_NO_ERROR);
}

void Http2::trim() {
  spare_.clear();
}

void Http2::drain() {
  go_away(NGHTTP2_NO_ERROR);
}

// No further streams; those that are open are answered.
void Http2::go_away(uint32_t code) {
  if (std::exchange(is_going_, true)) return;
  (void)nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_.get()), code,
                              nullptr, 0);
}

// Frames that cost us more than their sender are paid from an allowance; who has used it up is sent away.
void Http2::count_nuisance() {
  const uint64_t now_ns = carrier_.now_ns();
  if (now_ns > nuisances_since_ns_) {
    nuisances_left_ += static_cast<double>(now_ns - nuisances_since_ns_) / 1e9 * static_cast<double>(around_.limits.nuisance_rate);
    nuisances_left_ = std::min(nuisances_left_, static_cast<double>(around_.limits.nuisances));
    nuisances_since_ns_ = now_ns;
  }
  nuisances_left_ -= 1;
  if (nuisances_left_ < 0 && !is_broken_) {
    ++around_.counts.malformed;
    (void)nghttp2_session_terminate_session(session_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

Protocol::Stance Http2::stance() const {
  if (is_broken_) return Stance::closes;
  const bool is_done = nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0;
  if (is_done) return Stance::lingers;
  if ((is_going_ || input_ended_) && streams_.empty()) return Stance::closes;
  return Stance::open;
}

bool Http2::has_lent() const {
  return std::any_of(streams_.begin(), streams_.end(), [](const auto& stream) { return stream->is_lent(); });
}

void Http2::changed() {
  if (is_inside_) return;
  {
    const Inside inside(is_inside_);
    pump();
  }
  carrier_.resume();
}

void Http2::submit_head(Stream& stream, int status, std::span<const Header> headers, std::optional<uint64_t> length,
                        bool has_body) {
  std::array<char, 20> status_digits, length_digits;
  const auto text = [](std::array<char, 20>& digits, uint64_t number) {
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return std::string_view(digits.data(), static_cast<size_t>(end - digits.data()));
  };
  size_t names_size = 0;
  for (const Header& header : headers) names_size += header.name.size();
  names_.clear();
  names_.reserve(names_size);  // so that it does not move
  std::vector<nghttp2_nv> pairs;
  pairs.reserve(headers.size() + 3);
  pairs.push_back(pair_of(":status", text(status_digits, static_cast<uint64_t>(status))));
  pairs.push_back(pair_of("date", around_.date.text(carrier_.now_ns())));
  for (const Header& header : headers) {
    if (is_ours(header.name)) continue;
    const size_t offset = names_.size();
    for (const char c : header.name) names_ += lower(c);
    pairs.push_back(pair_of(std::string_view(names_).substr(offset), header.value));
  }
  if (length) pairs.push_back(pair_of("content-length", text(length_digits, *length)));
  nghttp2_data_provider provider = {.source = {.ptr = &stream}, .read_callback = Callbacks::read_output};
  (void)nghttp2_submit_response(session_.get(), stream.id(), pairs.data(), pairs.size(), has_body ? &provider : nullptr);
}

void Http2::submit_continue(Stream& stream) {
  const nghttp2_nv status = pair_of(":status", "100");
  (void)nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream.id(), nullptr, &status, 1, nullptr);
}

void Http2::resume_data(Stream& stream) {
  (void)nghttp2_session_resume_data(session_.get(), stream.id());
}

void Http2::consume(Stream& stream, uint64_t count) {
  if (count > 0) (void)nghttp2_session_consume(session_.get(), stream.id(), count);
}

void Http2::reset(Stream& stream, Reset why) {
  const uint32_t code = why == Reset::no_error ? uint32_t{NGHTTP2_NO_ERROR} : uint32_t{NGHTTP2_INTERNAL_ERROR};
  (void)nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id(), code);
}

}  // namespace mote::http
