/** Labelled tickets as a web developer has them, for journeys that end with an accuracy. */
const PARTS: Record<string, string[]> = {
  billing: ['The invoice is wrong', 'I was charged twice', 'My refund is not here', 'The price is too high'],
  bug: ['The page is broken', 'The button does nothing', 'It stops when I save', 'The list is empty'],
  account: ['I lost my key', 'I cannot come in', 'My name is wrong', 'Please let me in'],
};
const PLACES = ['today', 'again', 'since Monday', 'on my phone', 'for my friend', 'at home', 'in the shop', 'all day'];

/** 96 tickets; every other one is about billing. */
export const TICKETS = Array.from({ length: 96 }, (_, i) => {
  const label = i % 2 ? 'billing' : i % 4 ? 'bug' : 'account';
  return `"${PARTS[label][(i >> 2) % 4]} ${PLACES[(i * 5 + (i >> 3)) % 8]}, number ${i}.",${label}`;
});
