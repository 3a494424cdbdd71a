// Every call of @aftership/tracking-sdk's own introduction, printed as JSON.
// Usage: node aftership_node.js KEY URL [AUTHENTICATION SECRET]
const { AfterShip } = require('@aftership/tracking-sdk')

const [api_key, domain, auth_type, api_secret] = process.argv.slice(2)
const aftership = new AfterShip({ api_key, domain, auth_type, api_secret, max_retry: 0 })
const answers = {}

async function call(area, name, ...args) {
  answers[`${area}.${name}`] = await aftership[area][name](...args)
  return answers[`${area}.${name}`].data
}

async function main() {
  const number = { tracking_number: 'HAND0001', slug: 'usps' }
  const { id } = await call('tracking', 'createTracking', number)
  await call('tracking', 'getTrackings', { limit: 5, keyword: 'hand', created_at_min: '2026-01-01T00:00:00+00:00' })
  await call('tracking', 'getTrackingById', id, { lang: 'en' })
  await call('tracking', 'updateTrackingById', id, { note: 'test' })
  await call('tracking', 'markTrackingCompletedById', id, { reason: 'DELIVERED' })
  await call('tracking', 'retrackTrackingById', id)
  await call('tracking', 'deleteTrackingById', id)
  await call('courier', 'getCouriers', {})
  await call('courier', 'detectCourier', { tracking_number: '9200000000000000000042' })
  const credentials = { client_id: 'a', client_secret: 'b' }
  const connection = { courier_slug: 'amazon', credentials }
  const made = await call('courierConnection', 'postCourierConnections', connection)
  await call('courierConnection', 'getCourierConnections', {})
  await call('courierConnection', 'getCourierConnectionsById', made.id)
  await call('courierConnection', 'putCourierConnectionsById', made.id, { credentials })
  await call('courierConnection', 'deleteCourierConnectionsById', made.id)
  const place = { country_region: 'USA', state: 'OH' }
  const item = { slug: 'usps', origin_address: place, destination_address: place, pickup_time: '2026-11-23 15:00:00' }
  await call('estimatedDeliveryDate', 'predict', item)
  await call('estimatedDeliveryDate', 'predictBatch', { estimated_delivery_dates: [item] })
  console.log(JSON.stringify(answers))
}

main().catch((problem) => {
  console.error(problem)
  process.exit(1)
})
