"""Texts of the golden batches: (prompt, completion). The prompt carries no loss. Written for this purpose."""

TEXTS = [
    (
        "Write about a lamp.\n",
        "The lamp stood by the window and waited for the evening. When the boy came home he lit it, and the "
        "small room was warm again. \"You are a good lamp,\" said the boy. The lamp said nothing, but it burned a little brighter "
        "until the moon was high above the quiet garden and everyone slept.",
    ),
    ("", "Once there was a goat who wanted to swim. She went to the river every day and looked at the water."),
    (
        "Question: who took the red boat?\nAnswer:",
        " The fisherman's daughter took it. She rowed to the island, found the old key "
        "under a stone, and was back before her father woke up in the morning.",
    ),
    (
        "Tell me what the bird saw.\n",
        "It saw a wide field, two horses, and a girl with a yellow hat who was running after a dog.",
    ),
    (
        "",
        "The king had three sons and only one crown. So he asked each of them to bring him the most useful thing in the world. "
        "The first brought a sword, the second brought gold, and the third brought a loaf of bread, because he had noticed that his "
        "father was hungry. The king laughed and ate the bread.",
    ),
    ("Rain?\n", "Yes, rain all day long."),
    (
        "Name a thing that is cold and say why.\n",
        "Snow is cold because it fell from so far away, where there is no fire at all.",
    ),
    (
        "",
        "At night the train passes the village. Nobody gets off, nobody gets on, but the children wave to the lights.",
    ),
]
