-- Sends the method that stands after "--" on the command line of wrk.
function init(arguments)
  wrk.method = arguments[1]
end
