// Every call of trackingmore-sdk-nodejs, printed as JSON.
const TrackingMore = require('trackingmore-sdk-nodejs')

async function main() {
  const client = new TrackingMore(process.argv[2])
  const { trackings, couriers, airWaybills } = client
  const created = await trackings.createTracking({ tracking_number: 'HAND0001', courier_code: 'usps' })
  const id = created.data.id
  const answers = {
    couriers: await couriers.getAllCouriers(),
    detect: await couriers.detect({ tracking_number: '9200000000000000000042' }),
    create: created,
    batch: await trackings.batchCreateTrackings([{ tracking_number: 'HAND0002', courier_code: 'usps' }]),
    // This client drops the query, so it gets the first page whatever it asks for.
    list: await trackings.getTrackingResults({ items_amount: 5, pages_amount: 2 }),
    update: await trackings.updateTrackingByID(id, { note: 'handle with care' }),
    retrack: await trackings.retrackTrackingByID(process.argv[3]),
    delete: await trackings.deleteTrackingByID(id),
    awb: await airWaybills.createAnAirWayBill({ awb_number: '235-69030430' }),
  }
  console.log(JSON.stringify(answers))
}

main()
