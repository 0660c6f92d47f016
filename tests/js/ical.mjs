// Reads a calendar from stdin as ical.js does, and says on stdout what it understood: every event,
// and the first dates of every rule, each with what replaces it.
import ICAL from 'ical.js'
import { readFileSync } from 'node:fs'

const DATES_MAX = 40

const text = readFileSync(0, 'utf8')
ICAL.design.strict = true // raises where a line is no iCalendar
const calendar = new ICAL.Component(ICAL.parse(text))
for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone)

const components = calendar.getAllSubcomponents('vevent')
const masters = components.filter((each) => !each.hasProperty('recurrence-id'))
const events = masters.map((component) => {
  const event = new ICAL.Event(component, {
    exceptions: components.filter(
      (each) =>
        each.hasProperty('recurrence-id') &&
        each.getFirstPropertyValue('uid') === component.getFirstPropertyValue('uid'),
    ),
  })
  const dates = []
  if (event.isRecurring()) {
    const walk = event.iterator()
    for (let next = walk.next(); next && dates.length < DATES_MAX; next = walk.next()) {
      const { item, startDate } = event.getOccurrenceDetails(next)
      dates.push({
        start: startDate.toString(),
        summary: item.summary,
        status: item.component.getFirstPropertyValue('status'),
      })
    }
  }
  return {
    uid: event.uid,
    summary: event.summary,
    start: event.startDate.toString(),
    utc: event.startDate.toJSDate().toISOString(),
    end: event.endDate ? event.endDate.toString() : null,
    sequence: event.sequence,
    dates,
  }
})
process.stdout.write(JSON.stringify({ components: components.length, events }))
