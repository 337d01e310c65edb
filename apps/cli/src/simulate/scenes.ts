import { type SeededRandom } from '../random';

/** What customers and agents say, and what comes of it. */
export interface Scene {
  intent: string;
  /** How often, against the others. */
  weight: number;
  results: readonly string[];
  /** What the customer says, then the agent, and so on. `{slot}` is filled in. */
  lines: readonly string[];
  slots(random: SeededRandom): Record<string, string>;
  summary(result: string, slots: Record<string, string>): string;
}

const RESTAURANTS = ['Zur Linde', 'Casa Nova', 'The Blue Door', 'Sakura', 'Chez Élise'] as const;
const HOTELS = ['Hotel Bellevue', 'Seaside Inn', 'Parkhaus', 'Grand Central'] as const;
const PROPERTIES = ['12 Mill Lane', 'Lindenstraße 7', '3 Harbour View', 'Rua do Sol 21'] as const;
const DEVICES = ['router', 'heating', 'lift 2', 'card reader'] as const;

const date = (random: SeededRandom): string => `2026-04-${String(random.integer(1, 28)).padStart(2, '0')}`;

/** Puts in an optional slot, or leaves it out: flows must cope with both. */
function sometimes(
  random: SeededRandom,
  probability: number,
  slots: Record<string, string>,
): Record<string, string> {
  return random.chance(probability) ? slots : {};
}

export const SCENES: readonly Scene[] = [
  {
    intent: 'ReserveTable',
    weight: 5,
    results: ['success', 'failure', 'failure'],
    lines: [
      'Hi, a table at {restaurant} for {guests}, please.',
      'Gladly. For which day?',
      'On {date}, around eight.',
      'One moment, I am asking {restaurant} …',
      'Thank you!',
    ],
    slots: (random) => ({
      restaurant: random.pick(RESTAURANTS),
      guests: String(random.integer(2, 9)),
      date: date(random),
    }),
    summary: (result, { restaurant, guests, date: day }) =>
      result === 'success'
        ? `Booked ${restaurant} for ${guests} on ${day}.`
        : `${restaurant} has nothing for ${guests} on ${day}; the customer wants to hear of alternatives.`,
  },
  {
    intent: 'BookRoom',
    weight: 4,
    results: ['success', 'failure'],
    lines: [
      'I need a room at {hotel}, {nights} nights.',
      'From which day on?',
      '{date}. Is breakfast included?',
      'It is. Let me see what they have.',
    ],
    slots: (random) => ({
      hotel: random.pick(HOTELS),
      nights: String(random.integer(1, 6)),
      date: date(random),
    }),
    summary: (result, { hotel, nights }) =>
      result === 'success' ? `${nights} nights at ${hotel}.` : `${hotel} did not confirm ${nights} nights 😕`,
  },
  {
    intent: 'ScheduleVisit',
    weight: 4,
    results: ['success', 'success', 'failure'],
    lines: [
      'Can I come and see {property}?',
      'Of course. When would it suit you?',
      'As soon as possible, really.',
    ],
    slots: (random) => ({
      property: random.pick(PROPERTIES),
      ...sometimes(random, 0.75, { visit_date: date(random) }),
      ...sometimes(random, 0.75, { visit_kind: random.pick(['viewing', 'handover']) }),
    }),
    summary: (_, { property }) => `A visit to ${property}.`,
  },
  {
    intent: 'TransferMoney',
    weight: 5,
    results: ['success'],
    lines: [
      'Please transfer {amount} {currency} to my landlord.',
      'To the account you used last month?',
      'Yes, that one.',
      'Done. Anything else?',
      'No, thanks.',
    ],
    slots: (random) => ({
      // Not always a number: speech recognition is what it is.
      amount: random.chance(0.1)
        ? 'nine hundred'
        : String(random.pick([20, 480, 501, 750.5, 1200, 5000, 9800])),
      currency: random.pick(['EUR', 'USD']),
    }),
    summary: (_, { amount, currency }) => `Transferred ${amount} ${currency}.`,
  },
  {
    intent: 'ReportOutage',
    weight: 3,
    results: ['success', 'unresolved', 'unresolved'],
    lines: [
      'The {device} is dead again!',
      'I am sorry. Is there a light on it?',
      'No light at all.',
      'I will send somebody.',
    ],
    slots: (random) => ({
      device: random.pick(DEVICES),
      ...sometimes(random, 0.7, { engineer: random.pick(['hana', 'ivo', 'nobody-we-know']) }),
    }),
    summary: (_, { device }) => `The ${device} does not work.`,
  },
  {
    intent: 'CancelSubscription',
    weight: 3,
    results: ['retained', 'cancelled'],
    lines: [
      'I want to cancel.',
      'May I ask why?',
      'Too expensive.',
      'We could offer you three months at half the price.',
    ],
    slots: (random) =>
      sometimes(random, 0.7, { desk: random.pick(['reception', 'bookings', 'closed-desk']) }),
    summary: (result) =>
      result === 'retained' ? 'Stays, at half the price.' : 'Leaves at the end of the month.',
  },
  {
    intent: 'AskInvoice',
    weight: 3,
    results: ['success'],
    lines: ['Could you send me my last invoice?', 'Certainly. By post or e-mail?', 'By post, please.'],
    slots: (random) => ({
      ...sometimes(random, 0.8, { invoice: `R-${random.integer(1000, 9999)}` }),
      ...sometimes(random, 0.4, { monthly: 'yes' }),
    }),
    summary: () => 'Wants an invoice by post.',
  },
];
