(module
  (func (export "notifyHeapResized"))
  (global (export "heapOffset") i32 (i32.const 1024))
  (global (export "maxSize") i32 (i32.const 2147418112)))
