/**
 * Sample set 2, to label: a few sentences about a child, and how the child feels. The words around the event are
 * neutral, and in a part of the stories a second event turns the feeling, so that single words do not give the answer
 * away.
 */
import { article, capital, random } from './random.mjs';

export const LABELS = ['happy', 'sad', 'angry', 'scared', 'proud'];

const GIRLS = ['Lily', 'Mia', 'Anna', 'Sue', 'Lucy', 'Sara', 'Amy', 'Jane', 'Emma', 'Molly'];
const BOYS = ['Tom', 'Ben', 'Sam', 'Max', 'Tim', 'Jack', 'Bob', 'Leo', 'Peter', 'John'];
const TOYS = ['ball', 'doll', 'kite', 'toy car', 'teddy bear', 'drum', 'boat', 'train', 'book', 'hat', 'bike', 'red balloon', 'robot', 'puzzle', 'blue scarf'];
const MADE = ['picture', 'tower', 'cake', 'sand castle', 'snowman', 'paper bird', 'little house', 'mud pie', 'card'];
const FOOD = ['cake', 'soup', 'bread', 'apples', 'cookies', 'pie', 'ice cream', 'honey', 'berries'];
const PETS = ['cat', 'dog', 'rabbit', 'bird', 'fish', 'frog', 'mouse', 'turtle'];
const PLACES = ['park', 'garden', 'school', 'beach', 'farm', 'market', 'zoo', 'lake', 'playground', 'kitchen', 'library', 'river'];
const DARK = ['forest', 'cave', 'cellar', 'barn', 'hall', 'attic', 'shed', 'old house'];
const BEASTS = ['bear', 'wolf', 'snake', 'lion', 'spider', 'monster', 'dog', 'bull'];
const NOISES = ['bang', 'roar', 'scream', 'crash', 'growl', 'howl'];
const KIN = ['brother', 'sister', 'cousin', 'neighbor', 'friend'];
const OLD = ['Grandma', 'Grandpa', 'Mom', 'Dad', 'the teacher', 'the farmer', 'her aunt', 'the baker'];
const SHAKY = ['branch', 'bridge', 'ladder', 'ice', 'rope', 'roof', 'wall'];
const UNDER = ['bed', 'table', 'stairs', 'window', 'chair', 'stove'];
const HIGH = ['tree', 'hill', 'wall', 'tower', 'rocks', 'ladder'];
const RUDE = ['boy', 'girl', 'tall man', 'big kid', 'rude woman'];
const COLORS = ['red', 'blue', 'green', 'yellow', 'white', 'brown'];
const CLOTHES = ['coat', 'dress', 'shirt', 'bag', 'cap', 'boots'];
const TIMES = ['morning', 'afternoon', 'evening', 'day'];
const WEATHER = ['warm', 'cold', 'windy', 'quiet', 'cloudy', 'bright'];

/** Sentences of one example's child; `w` holds its words. */
const EVENTS = {
  happy: [
    (w) => `${capital(w.elder)} gave ${w.him} a new ${w.toy}.`,
    (w) => `${w.He} ate ${w.food} with ${w.his} best friend and they told jokes.`,
    (w) => `${w.His} ${w.kin} came back after a long time and hugged ${w.him}.`,
    (w) => `They sang and danced at the ${w.place2} with ${w.name2} until the stars came out.`,
    (w) => `${w.His} ${w.pet} had three tiny babies, and ${w.he} could hold one.`,
    (w) => `The rain stopped, and they all went to the ${w.place2} to play.`,
    (w) => `There was ${w.food} for everyone, and it was ${w.his} birthday.`,
    (w) => `${w.He} played with the ${w.pet} and the ${w.toy} all day long.`,
  ],
  sad: [
    (w) => `${w.His} ${w.toy} broke, and no one could fix it.`,
    (w) => `${w.His} best friend ${w.name2} moved far away from the ${w.place2}.`,
    (w) => `${w.His} ${w.pet} was ill and did not want to eat.`,
    (w) => `It rained all day, so there was no trip to the ${w.place2}.`,
    (w) => `${w.He} lost ${w.his} ${w.toy} at the ${w.place2} and never saw it again.`,
    (w) => `No one wanted to play with ${w.him} at the ${w.place2}.`,
    (w) => `${capital(w.elder)} had to leave, and ${w.he} sat alone by the ${w.under}.`,
    (w) => `The old ${w.pet} died, and ${w.he} cried for a long time.`,
  ],
  angry: [
    (w) => `${w.His} ${w.kin} took the ${w.toy} and did not ask.`,
    (w) => `${w.His} ${w.kin} broke ${w.his} ${w.toy} on purpose.`,
    (w) => `A ${w.rude} pushed ${w.him} out of the line at the ${w.place2} and laughed.`,
    (w) => `${w.His} ${w.kin} told a lie about the ${w.food}, and ${w.he} got the blame.`,
    (w) => `${w.His} ${w.kin} ate all of ${w.his} ${w.food} and said it was not true.`,
    (w) => `Someone kicked ${w.his} ${w.made} over and ran off.`,
    (w) => `${w.He} had to wait and wait, and then ${w.his} ${w.kin} went first again.`,
    (w) => `${w.His} ${w.kin} would not give the ${w.toy} back and made faces.`,
  ],
  scared: [
    (w) => `A big ${w.beast} came out from behind the ${w.dark}.`,
    (w) => `${w.He} heard a loud ${w.noise} in the dark ${w.dark}.`,
    (w) => `The light in the ${w.dark} went out, and something moved under the ${w.under}.`,
    (w) => `A big ${w.beast} ran right at ${w.him}.`,
    (w) => `${w.He} could not find the way out of the ${w.dark}, and it grew dark.`,
    (w) => `There was a ${w.noise}, and the whole ${w.dark} shook.`,
    (w) => `The ${w.shaky} began to crack, high above the ${w.place2}.`,
    (w) => `Two yellow eyes looked at ${w.him} from the ${w.dark}.`,
  ],
  proud: [
    (w) => `${w.He} climbed to the top of the ${w.high} all alone.`,
    (w) => `${w.He} read a whole book to ${w.elder} without any help.`,
    (w) => `${w.He} won the race at the ${w.place2}, and everyone clapped.`,
    (w) => `${w.He} put on ${w.his} ${w.clothes2} alone for the first time, and ${w.elder} saw it.`,
    (w) => `${w.His} ${w.made} was the best of all, and it won a prize.`,
    (w) => `${w.He} saved the little ${w.pet}, and all the people cheered for ${w.him}.`,
    (w) => `${w.He} fixed the ${w.toy} alone, and ${w.elder} said "Well done!"`,
    (w) => `${w.He} worked hard on ${article(w.made)}, and now it was done at last.`,
  ],
};

/** Two events: what seemed to be, and what turned it. The label is that of the end. */
const TURNS = {
  happy: [
    (w) => `${w.He} thought that the ${w.toy} was lost, but it was under the bed.`,
    (w) => `${w.He} thought there was a ${w.beast} in the ${w.dark}, but it was only ${w.his} ${w.pet} who wanted to play.`,
    (w) => `${w.His} ${w.kin} took the ${w.toy}, but gave it back with a hug and a cookie.`,
  ],
  sad: [
    (w) => `${capital(w.elder)} gave ${w.him} ${article(w.toy)}, but it fell into the river and was gone.`,
    (w) => `They wanted to eat ${w.food} at the ${w.place2}, but no one came.`,
    (w) => `${w.He} won the race, but ${w.his} best friend was not there to see it, and ${w.he} cried.`,
  ],
  angry: [
    (w) => `${w.He} made a fine ${w.made}, but ${w.his} ${w.kin} kicked it over and laughed.`,
    (w) => `${capital(w.elder)} gave ${w.him} ${article(w.toy)}, but ${w.his} ${w.kin} took it and would not give it back.`,
    (w) => `${w.He} shared the ${w.food}, but ${w.his} ${w.kin} took it all and ran off.`,
  ],
  scared: [
    (w) => `They sang and played in the ${w.dark}, but then there was a loud ${w.noise}.`,
    (w) => `${w.He} climbed up all alone, but then the ${w.shaky} began to crack.`,
    (w) => `The ${w.pet} was fun to play with, but then a big ${w.beast} jumped out at ${w.him}.`,
  ],
  proud: [
    (w) => `${w.His} ${w.made} fell apart, but ${w.he} built it again, and it was even better.`,
    (w) => `The ${w.dark} was dark, but ${w.he} went in alone and found the lost ${w.pet}.`,
    (w) => `The ${w.toy} broke, but ${w.he} fixed it all alone.`,
  ],
};

const BEFORE = [
  (w) => `${w.name} was at the ${w.place} with ${w.his} ${w.kin2}.`,
  (w) => `It was a ${w.weather} ${w.time}, and ${w.name} was at the ${w.place}.`,
  (w) => `${w.name} put on ${w.his} ${w.color} ${w.clothes} and went to the ${w.place}.`,
  (w) => `One ${w.weather} ${w.time}, ${w.name} walked past the ${w.place}.`,
  (w) => `${w.name} had ${article(w.pet2)} and a ${w.color} ${w.clothes}.`,
  (w) => `${w.name} lived near the ${w.place}.`,
];
const AFTER = [
  () => 'Then it was time to go home.',
  (w) => `It was a ${w.weather} ${w.time}.`,
  (w) => `${w.His} ${w.kin2} saw it all.`,
  (w) => `The ${w.place} was not far away.`,
];

function words(r) {
  const girl = r.chance(0.5);
  const [he, him, his] = girl ? ['she', 'her', 'her'] : ['he', 'him', 'his'];
  const elder = r.pick(OLD).replace('her ', `${his} `);
  const [kin, kin2] = r.shuffle([...KIN]);
  const [place, place2] = r.shuffle([...PLACES]);
  const [pet, pet2] = r.shuffle([...PETS]);
  return {
    name: r.pick(girl ? GIRLS : BOYS), he, him, his, He: capital(he), His: capital(his), elder, kin, kin2, place, place2, pet, pet2,
    toy: r.pick(TOYS), made: r.pick(MADE), food: r.pick(FOOD), dark: r.pick(DARK), beast: r.pick(BEASTS), noise: r.pick(NOISES),
    shaky: r.pick(SHAKY), under: r.pick(UNDER), high: r.pick(HIGH), rude: r.pick(RUDE), name2: r.pick([...GIRLS, ...BOYS]), clothes2: r.pick(CLOTHES),
    color: r.pick(COLORS), clothes: r.pick(CLOTHES), time: r.pick(TIMES), weather: r.pick(WEATHER),
  };
}

/** `count` examples {text, label}, as many of each label; no two texts are the same. */
export function feelings(seed, count) {
  const r = random(seed);
  const seen = new Set();
  const examples = [];
  while (examples.length < count) {
    const label = LABELS[examples.length % LABELS.length];
    const w = words(r);
    const event = r.pick(r.chance(0.3) ? TURNS[label] : EVENTS[label])(w);
    const sentences = [r.pick(BEFORE)(w), event];
    if (r.chance(0.3)) sentences.push(r.pick(AFTER)(w));
    const text = sentences.join(' ');
    if (seen.has(text)) continue;
    seen.add(text);
    examples.push({ text, label });
  }
  return r.shuffle(examples);
}
