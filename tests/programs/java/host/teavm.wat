(module
  (func (export "takeStackTrace") (param externref) (result externref) (ref.null extern)))
