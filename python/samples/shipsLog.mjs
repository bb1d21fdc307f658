/**
 * Sample set 1, to write in a style: a small event is retold as an entry of a ship's log. What happened sets the
 * weather and the crew's mood, the thing sets the captain's remark, so there is more to learn than the form.
 */
import { article, capital, random } from './random.mjs';

const WHO = ['fox', 'hen', 'owl', 'mouse', 'goat', 'bear', 'duck', 'cat', 'dog', 'pig', 'frog', 'rabbit', 'girl', 'boy', 'king', 'queen', 'farmer', 'baker', 'bird', 'horse', 'cow', 'lion', 'squirrel', 'old man', 'old woman'];
const HOW = ['little', 'big', 'old', 'young', 'brave', 'clever', 'hungry', 'kind', 'lazy', 'quiet', 'silly', 'sleepy', 'tiny', 'poor', 'funny'];
const WHERE = ['by the river', 'in the barn', 'in the forest', 'on the hill', 'near the well', 'under the bridge', 'in the garden', 'by the lake', 'at the market', 'in the snow', 'behind the house', 'under the big tree', 'on the road', 'in the field', 'at the gate'];

/** Each thing, and what the captain says of it. */
const THINGS = {
  lantern: ['It will light the deck.', 'No more dark nights on deck.'],
  drum: ['We beat it at noon.', 'The cook beats it.'],
  key: ['It fits no door of ours.', 'We have no door for it.'],
  bell: ['It rings when the fog comes.', 'We ring it in the fog.'],
  ring: ['It is in my hat.', 'I keep it in my hat.'],
  crown: ['Too heavy for the cook.', 'The cook tried it on.'],
  book: ['We read it at night.', 'One page a night, no more.'],
  map: ['It shows no land we know.', 'It shows land to the east.'],
  hat: ['The wind will want it.', 'Tie it down in the wind.'],
  boot: ['One is not enough.', 'We look for the other.'],
  box: ['Not to be opened at sea.', 'It stays shut at sea.'],
  rope: ['Good for ten knots.', 'Ten knots are in it by now.'],
  mirror: ['Bad for a vain crew.', 'The mate looks in it all day.'],
  feather: ['Good to write this log.', 'This log is written with it.'],
  stone: ['It holds the door open.', 'The door stays open now.'],
  kite: ['It flies from the mast.', 'We fly it from the mast.'],
  ball: ['It rolls when the ship rolls.', 'It will not lie still.'],
  spoon: ['The soup is saved.', 'Now there can be soup.'],
  basket: ['Good for fish.', 'We fill it with fish.'],
  blanket: ['The mate sleeps warm.', 'The mate was cold before.'],
};
const FOOD = {
  bread: ['Half a loaf for each.', 'No crumb was left.'],
  cake: ['The cook asks how it is made.', 'The cook wants to know how.'],
  soup: ['Hot, with salt.', 'It was hot, and too salty.'],
  honey: ['The ropes stick now.', 'All ropes are sticky.'],
  cheese: ['The rats know of it.', 'Keep it from the rats.'],
  apples: ['Good against the long sea.', 'One a day for each man.'],
  berries: ['Blue teeth on all hands.', 'All teeth are blue.'],
  pie: ['I took the last of it.', 'The last went to me.'],
  nuts: ['The deck is full of shells.', 'Shells on the whole deck.'],
  milk: ['The ship cat came at once.', 'The cat of the ship was first.'],
};

/** What happened: the words of the prompt, the log's words for it, the crew, and the kind of day. */
const EVENTS = [
  { does: 'found', of: THINGS, log: (o) => [`One ${o} now on deck.`, `Took one ${o} in.`], crew: ['Crew glad.', 'Three cheers.'], day: 'fair' },
  { does: 'lost', of: THINGS, log: (o) => [`One ${o} gone over the side.`, `One ${o} lost at sea.`], crew: ['Crew low.', 'The crew did not sing.'], day: 'foul' },
  { does: 'made', of: THINGS, log: (o) => [`One ${o} built by hand.`, `One ${o} made on deck.`], crew: ['Crew proud.', 'The crew stood tall.'], day: 'fair' },
  { does: 'hid', of: THINGS, log: (o) => [`One ${o} put below deck.`, `One ${o} under lock.`], crew: ['Crew asks no questions.', 'No one looks.'], day: 'fog' },
  { does: 'stole', of: THINGS, log: (o) => [`One ${o} gone in the night.`, `One ${o} missing at dawn.`], crew: ['Crew angry.', 'The crew wants justice.'], day: 'foul' },
  { does: 'gave away', of: THINGS, log: (o) => [`One ${o} sent to land.`, `One ${o} given, none asked.`], crew: ['Crew moved.', 'Hats off, all hands.'], day: 'fair' },
  { does: 'shared', of: FOOD, log: (o) => [`${capital(o)} given out to all hands.`, `All hands had ${o}.`], crew: ['Crew merry.', 'The crew sang.'], day: 'fair' },
  { does: 'dropped', of: FOOD, log: (o) => [`${capital(o)} all over the deck.`, `The deck is all ${o}.`], crew: ['Crew on their knees.', 'The crew scrubs.'], day: 'foul' },
  { does: 'smelled', of: FOOD, log: (o) => [`Smell of ${o} ahead.`, `${capital(o)} on the wind.`], crew: ['Crew hungry.', 'Ship turned.'], day: 'fog' },
];
const DAYS = {
  fair: ['Wind soft, sea blue.', 'Fair wind from the west.', 'Sun, and a calm sea.'],
  foul: ['Rain, and a high sea.', 'Cold wind from the north.', 'Storm until noon.'],
  fog: ['Thick fog, no wind.', 'Fog, and a flat sea.', 'Grey sea, grey sky.'],
};
const SIGHTED = ['Saw', 'Met'];
const SIGN_OFF = { fair: 'All well.', foul: 'Sail on.', fog: 'We wait.' };

/** Characters of an example: nearly all then fit into 64 tokens of the embedded model. */
const LONGEST = 168;

/** `count` examples {prompt, completion}, no two with the same prompt. */
export function shipsLog(seed, count) {
  const r = random(seed);
  const seen = new Set();
  const examples = [];
  while (examples.length < count) {
    const event = EVENTS[examples.length % EVENTS.length];
    const object = r.pick(Object.keys(event.of));
    const [who, how, where] = [r.pick(WHO), r.pick(HOW), r.pick(WHERE)];
    const actor = who.startsWith('old ') ? who : `${how} ${who}`;
    const prompt = `Ship's log: the ${actor} ${event.does} ${event.of === FOOD ? `the ${object}` : article(object)} ${where}.`;
    const completion = [
      `Day ${1 + r.below(99)}.`,
      r.pick(DAYS[event.day]),
      `${r.pick(SIGHTED)} the ${actor}.`,
      r.pick(event.log(object)),
      r.pick(event.crew),
      r.pick(event.of[object]),
      SIGN_OFF[event.day],
    ].join(' ');
    if (seen.has(prompt) || prompt.length + completion.length > LONGEST) continue;
    seen.add(prompt);
    examples.push({ prompt, completion });
  }
  return r.shuffle(examples);
}
