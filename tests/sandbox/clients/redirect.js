// Sends one host name to the sandbox; loaded before the client, which stays as it is.
const net = require('net')

const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0]
  if (options && options.host === 'api.trackingmore.com') {
    options.host = '127.0.0.1'
    options.port = Number(process.env.SANDBOX_PORT)
  }
  return connect.apply(this, args)
}
