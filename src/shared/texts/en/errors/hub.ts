/** Errors of hub/. */
const OTHER = 'Choose another model.';
const CONNECTION = 'Check the connection, then try again.';
const RELOAD = 'Download the model again.';
const OTHER_TEMPLATE = 'Use the plain template, or another model.';

export const hub = {
  /** Ids and addresses. */
  source: {
    hubId: ({ id }: { id: string }) => ({
      message: `"${id}" is not a model id.`,
      hint: 'A Hugging Face id looks like owner/name, as in HuggingFaceTB/SmolLM2-135M.',
    }),
    embeddedId: ({ id }: { id: string }) => ({
      message: `"${id}" is not a model id.`,
      hint: 'Choose one of the models that come with Sieve.',
    }),
    revision: ({ revision }: { revision: string }) => ({
      message: `"${revision}" is not a revision.`,
      hint: 'Use a branch (main), a tag, or a commit.',
    }),
    address: ({ host, why, usual }: { host: string; why: string; usual: string }) => ({
      message: `"${host}" is not a web address (${why}).`,
      hint: `The usual host is ${usual}.`,
    }),
    host: ({ host }: { host: string }) => ({
      message: `"${host}" cannot be used as a model host.`,
      hint: 'Use an https:// address without a user name or password.',
    }),
    path: ({ path }: { path: string }) => ({
      message: `"${path}" is not a path inside a repository.`,
      hint: 'Choose one of the listed files.',
    }),
    folder: ({ id }: { id: string }) => ({
      message: `The folder "${id}" is not open any more.`,
      hint: 'Open it again: a page cannot keep access to a folder.',
    }),
  },
  fetch: {
    unauthorized: ({ host, file }: { host: string; file: string }) => ({
      message: `${host} wants a login for ${file}.`,
      hint: 'The model is private, gated, or its id is misspelt. Sieve downloads without credentials: choose a public model.',
    }),
    forbidden: ({ host, file }: { host: string; file: string }) => ({
      message: `${host} does not let you have ${file}.`,
      hint: 'The model is gated: its owner must agree first. Choose a public model.',
    }),
    missing: ({ host, file }: { host: string; file: string }) => ({
      message: `${host} has no ${file} for this model.`,
      hint: 'Check the model id and the revision; the model must hold config.json, tokenizer.json and its weights (an onnx folder or model.safetensors).',
    }),
    rateLimited: ({ host }: { host: string }) => ({
      message: `${host} asks to slow down.`,
      hint: 'Too many downloads in a short time. Wait a few minutes, then try again.',
    }),
    server: ({ host, status, file }: { host: string; status: number; file: string }) => ({
      message: `${host} answered ${status} for ${file}.`,
      hint: 'The server has a problem. Try again later.',
    }),
    blocked: ({ host }: { host: string }) => ({
      message: `This page may not talk to ${host}: its content security policy forbids it.`,
      hint: `Whoever hosts this page must add ${host} to connect-src.`,
    }),
    unreachable: ({ host, why }: { host: string; why: string }) => ({
      message: `${host} cannot be reached (${why}).`,
      hint: `${CONNECTION} The models that come with Sieve need no network.`,
    }),
    tooLarge: ({ file, most }: { file: string; most: string }) => ({
      message: `${file} is larger than ${most}.`,
      hint: 'Choose a smaller model.',
    }),
    missingHere: ({ folder, file }: { folder: string; file: string }) => ({
      message: `The folder "${folder}" has no ${file}.`,
      hint: 'It must hold config.json, tokenizer.json, tokenizer_config.json and the weights (model.safetensors or onnx/model.onnx).',
    }),
    noRoom: ({ file, size }: { file: string; size: string }) => ({
      message: `This tab has no memory for ${file} (${size}).`,
      hint: 'Choose a smaller file of the model (fp16 in the list of files), or a smaller model, and close other tabs.',
    }),
    noContent: ({ file }: { file: string }) => ({ message: `${file} came without content.`, hint: 'Try again.' }),
    brokeOff: ({ file, after, why }: { file: string; after: string; why: string }) => ({
      message: `The download of ${file} broke off after ${after} (${why}).`,
      hint: CONNECTION,
    }),
    stalled: ({ file, after, seconds }: { file: string; after: string; seconds: number }) => ({
      message: `The download of ${file} stalled after ${after}: nothing has come for ${seconds} s.`,
      hint: `${CONNECTION} Trying again goes on where it ended.`,
    }),
    truncated: ({ file, bytes, total }: { file: string; bytes: number; total: number }) => ({
      message: `${file} ended after ${bytes} of ${total} bytes.`,
      hint: 'The download was cut short. Try again.',
    }),
    different: ({ file }: { file: string }) => ({
      message: `${file} came whole, but is not the file that the hub has: its SHA-256 is another.`,
      hint: 'Something on the way changed it. Try again: it is then downloaded past the browser’s cache.',
    }),
    notJson: ({ file, why }: { file: string; why: string }) => ({
      message: `${file} is not JSON (${why}).`,
      hint: 'The file is damaged. Try again, or choose another model.',
    }),
  },
  /** Why files could not be pushed. */
  push: {
    token: {
      message: 'This is not an access token of Hugging Face.',
      hint: 'It begins with hf_. Make one with write access under Settings → Access Tokens on huggingface.co.',
    },
    elsewhere: ({ hub, host }: { hub: string; host: string }) => ({
      message: `${hub} asks to send a file to ${host}, so nothing was committed.`,
      hint: `This page sends files to ${hub} and its storage alone. Save the zip, and push it with the command hf upload.`,
    }),
    unreachable: ({ host, why }: { host: string; why: string }) => ({
      message: `${host} cannot be reached (${why}), so nothing was committed.`,
      hint: CONNECTION,
    }),
    unauthorized: ({ host }: { host: string }) => ({
      message: `${host} does not accept the access token.`,
      hint: 'It may be mistyped, expired or revoked. Make another one with write access.',
    }),
    forbidden: ({ host, repository }: { host: string; repository: string }) => ({
      message: `${host} does not let this access token write to ${repository}.`,
      hint: 'It needs write access, and the owner in the id must be you or an organization that you may write to.',
    }),
    missing: ({ host, repository }: { host: string; repository: string }) => ({
      message: `${host} has no ${repository} for this access token.`,
      hint: 'Check the id, or make a new repository.',
    }),
    exists: ({ host, repository }: { host: string; repository: string }) => ({
      message: `${host} has ${repository} already.`,
      hint: 'Choose another name, or choose “Existing repository” to add a commit to it (also after a push that broke off).',
    }),
    large: ({ host }: { host: string }) => ({
      message: `The files are too large for ${host}.`,
      hint: 'Write the values as f16 or bf16, or push the adapter alone.',
    }),
    refused: ({ host, status, why }: { host: string; status: number; why: string }) => ({
      message: `${host} answered ${status}${why ? ` (${why})` : ''}, so nothing was committed.`,
      hint: 'If it is the server, try again later.',
    }),
    answer: ({ host, why }: { host: string; why: string }) => ({
      message: `The push to ${host} failed: ${why}.`,
      hint: 'Save the zip, and push it with the command hf upload.',
    }),
  },
  config: ({ what }: { what: string }) => ({
    message: `This model cannot be trained here: ${what}.`,
    hint: 'Choose a model of a family that Sieve trains.',
  }),
  /** What config.json has that cannot be trained. Names of fields and values stand as they are in the file. */
  configHas: {
    labels: ({ value, most }: { value: string; most: number }) =>
      `its id2label (${value}) does not name 2 to ${most} classes, from 0 on`,
    noClassHead: ({ family }: { family: string }) =>
      `it is a classifier of the family ${family}, of which transformers makes none`,
    pictureSize: ({ value, pixels }: { value: string; pixels: number }) =>
      `preprocessor_config.json resizes pictures to ${value}, and the model reads ${pixels} × ${pixels} pixels`,
    noObject: ({ what }: { what: string }) => `${what} is not an object`,
    missing: ({ field }: { field: string }) => `config.json does not say ${field}`,
    notWhole: ({ field, value, low, high }: { field: string; value: string; low: number; high: number }) =>
      `${field} is ${value}, and must be a whole number from ${low} to ${high}`,
    outside: ({ field, value, low, high }: { field: string; value: string; low: number; high: number }) =>
      `${field} is ${value}, and must be from ${low} to ${high}`,
    noFlag: ({ field, value }: { field: string; value: string }) => `${field} is ${value}, and must be true or false`,
    noList: ({ field, value, length }: { field: string; value: string; length: number }) =>
      `${field} is ${value}, and must be a list of ${length}`,
    other: ({ field, value, wanted }: { field: string; value: string; wanted: string }) =>
      `${field} is ${value}, not "${wanted}"`,
    modelType: ({ value, known }: { value: string; known: string }) =>
      `its model_type is ${value}; Sieve trains ${known}`,
    quantised: 'its weights are quantised (quantization_config)',
    attentionBias: 'its attention layers have biases (attention_bias)',
    mlpBias: 'its MLP layers have biases (mlp_bias)',
    pretrainingTp: 'pretraining_tp is above 1',
    heads: ({ heads, kvHeads }: { heads: number; kvHeads: number }) =>
      `${heads} attention heads cannot share ${kvHeads} key-value heads evenly`,
    hiddenSize: ({ size, heads }: { size: number; heads: number }) =>
      `hidden_size ${size} does not divide into ${heads} heads`,
    notMultiple: ({ field, size, of }: { field: string; size: number; of: number }) =>
      `${field} is ${size}, and must be a multiple of ${of}`,
    wideHeads: ({ heads, headDim, most }: { heads: number; headDim: number; most: number }) =>
      `${heads} heads of ${headDim} are ${heads * headDim} wide, and must be at most ${most}`,
    scaledRope: ({ key, type }: { key: string; type: string }) => `its RoPE is scaled (${key} of type ${type})`,
    manyTokens: ({ key, n }: { key: string; n: number }) => `${key} lists ${n} tokens`,
    noToken: ({ key, id, vocab }: { key: string; id: string; vocab: number }) =>
      `${key} holds ${id}, which is not a token of ${vocab}`,
  },
  tokenizer: ({ why }: { why: string }) => ({ message: `tokenizer.json cannot be used: ${why}.`, hint: OTHER }),
  tokenizerHas: {
    noModel: 'it describes no model',
    noConfig: 'tokenizer_config.json is not an object',
    deep: 'its steps are nested too deeply',
    unexpected: ({ where }: { where: string }) => `what stands at ${where} is not known here, or out of bounds`,
    notBuilt: 'no tokenizer can be made of it',
    slow: ({ seconds }: { seconds: number }) => `it did not become a tokenizer within ${seconds} s`,
    foreignId: ({ id }: { id: number }) => `it gave ${id}, which is no token`,
    beyond: ({ largest, vocab }: { largest: number; vocab: number }) =>
      `its largest token id is ${largest}, but the model has ${vocab} tokens`,
  },
  model: {
    quantisedOnly: ({ model, files }: { model: string; files: string }) => ({
      message: `${model} has only quantised weights that cannot be trained on (${files}).`,
      hint: 'Sieve reads ONNX in fp32, fp16, q4 and q4f16, safetensors, and GGUF.',
    }),
    classesFrom: ({ model, files }: { model: string; files: string }) => ({
      message: `${model} tells classes apart; Sieve opens such models from safetensors, those of texts also from ONNX in fp32, fp16 or q4, and here are only ${files}.`,
      hint: 'Choose the repository of the original model: it mostly has model.safetensors.',
    }),
    noWeights: ({ model }: { model: string }) => ({
      message: `${model} has no weights that Sieve reads.`,
      hint: 'Check the model id, or choose a model with safetensors, ONNX (fp32, fp16, q4, q4f16) or GGUF files.',
    }),
    noFile: ({ model, file }: { model: string; file: string }) => ({
      message: `${model} has no ${file}.`,
      hint: 'List its files again, and choose another one.',
    }),
    unreadable: ({ file }: { file: string }) => ({
      message: `${file} is in a form that cannot be trained on.`,
      hint: 'Choose another file of the model.',
    }),
    missingData: ({ file }: { file: string }) => ({
      message: `The model's data file ${file} is missing.`,
      hint: RELOAD,
    }),
    manyFiles: { message: 'The model is split into more than 64 data files.', hint: OTHER },
    released: { message: 'The weights were released.', hint: 'Open the model again.' },
    runtime: ({ file, why }: { file: string; why: string }) => ({
      message: `ONNX Runtime cannot load ${file} (${why}).`,
      hint: 'The file may be damaged, or made for another runtime. Choose another model.',
    }),
    runtimeMemory: ({ file, mib }: { file: string; mib: number }) => ({
      message: `There is not enough memory to check ${file} (${mib} MiB) with ONNX Runtime.`,
      hint: 'Choose a smaller file of the model (fp16 in the list of files) or its safetensors, and close other tabs.',
    }),
    runtimeSlow: ({ seconds }: { seconds: number }) => `it did not come to an end within ${seconds} s`,
    runtimeEnded: 'its worker stopped',
    logits: ({ tokens, of }: { tokens: number; of: number }) => ({
      message: `ONNX Runtime gave logits for ${tokens} of ${of} tokens.`,
      hint: 'Choose a model whose graph keeps all positions.',
    }),
  },
  weights: {
    missing: ({ weight }: { weight: string }) => ({
      message: `The safetensors files have no ${weight}.`,
      hint: 'config.json and the weights do not belong together, or a file is missing.',
    }),
    twice: ({ weight }: { weight: string }) => ({
      message: `Two safetensors files hold ${weight}.`,
      hint: 'The files do not belong together. Download the model again.',
    }),
    shape: ({ weight, stored, wanted }: { weight: string; stored: string; wanted: string }) => ({
      message: `${weight} is stored as [${stored}], but config.json makes it [${wanted}].`,
      hint: 'config.json and the safetensors file do not belong together.',
    }),
    index: ({ most }: { most: number }) => ({
      message: `model.safetensors.index.json does not name 1 to ${most} safetensors files of the same folder.`,
      hint: OTHER,
    }),
  },
  graph: {
    quantised: ({ what, op }: { what: 'int4' | 'int8' | 'weights'; op: string }) => ({
      message: `This ONNX file holds ${{ int4: '4-bit weights', int8: '8-bit weights', weights: 'quantised weights' }[what]} (${op})${what === 'int8' ? ' and rounds activations to 8 bits as well, so that nothing computed with it can be proved' : ''}.`,
      hint: 'Sieve trains on fp32, fp16, q4 and q4f16 files (model.onnx, model_fp16.onnx, model_q4.onnx, model_q4f16.onnx).',
    }),
    quantisedAs: ({ node, op, what }: { node: string; op: string; what: string }) => ({
      message: `${node} holds quantised weights (${op}) in a form that Sieve does not read: ${what}.`,
      hint: OTHER,
    }),
    unsupported: ({ what }: { what: string }) => ({
      message: `This ONNX graph computes what config.json does not say: ${what}.`,
      hint: OTHER,
    }),
    /** What a graph does that the model's description does not. */
    has: {
      noClasses: ({ outputs }: { outputs: string }) =>
        `it gives neither logits of classes nor hidden states (its outputs: ${outputs}); such a model opens from safetensors, where a new head is drawn`,
      interleaved: 'its RoPE rotates neighbouring values (interleaved)',
      window: 'its attention sees a window only (local_window_size)',
      softcap: 'its attention scores are capped (softcap)',
      scaled: ({ node }: { node: string }) => `${node} scales or transposes its input`,
      bias: ({ node }: { node: string }) => `${node} has a bias`,
    },
    shape: ({ weight, stored, wanted }: { weight: string; stored: string; wanted: string }) => ({
      message: `The weight ${weight} is stored as [${stored}], but config.json makes it [${wanted}].`,
      hint: 'config.json and the ONNX file do not belong together.',
    }),
    noWeight: ({ weight }: { weight: string }) => ({
      message: `The ONNX graph has no weight that is recognised as ${weight}.`,
      hint: 'Sieve reads models exported by optimum, transformers.js, torch.onnx or the onnxruntime-genai builder.',
    }),
    overlap: ({ a, b, file }: { a: string; b: string; file: string }) => ({
      message: `Tensors "${a}" and "${b}" overlap in ${file}.`,
      hint: 'The model is damaged. Download it again or choose another one.',
    }),
    twoWeights: ({ name, a, b }: { name: string; a: string; b: string }) => ({
      message: `The ONNX graph has two weights for ${name}: "${a}" and "${b}".`,
      hint: OTHER,
    }),
    outside: ({ tensor, file }: { tensor: string; file: string }) => ({
      message: `Tensor "${tensor}" points to the data file "${file}", outside the model's folder.`,
      hint: 'The model is damaged or malicious. Choose another one.',
    }),
    type: ({ tensor, type }: { tensor: string; type: string }) => ({
      message: `Tensor "${tensor}" holds ${type} values.`,
      hint: 'Sieve reads fp32, fp16, q4 and q4f16 models (model.onnx, model_fp16.onnx, model_q4.onnx, model_q4f16.onnx).',
    }),
  },
  onnx: ({ what }: { what: string }) => ({
    message: `The ONNX file is damaged or not an ONNX model: ${what}.`,
    hint: 'Download the model again, or choose another one.',
  }),
  /** What is wrong with an ONNX file. Levels and fields have the names of the format. */
  onnxHas: {
    cutOff: ({ bytes, level }: { bytes: number; level: string }) =>
      `it ends after ${bytes} bytes, in the middle of a ${level}`,
    noGraph: 'it holds no graph',
    twoGraphs: 'it holds two graphs',
    endless: ({ at }: { at: number }) => `a number at byte ${at} does not end`,
    impossible: ({ at }: { at: number }) => `an impossible field at byte ${at}`,
    wireType: ({ type, at }: { type: number; at: number }) => `wire type ${type} at byte ${at}`,
    tooLong: ({ at, length, level }: { at: number; length: number; level: string }) =>
      `a field at byte ${at} claims ${length} bytes, more than the ${level} around it has`,
    unpacked: ({ tensor, field }: { tensor: string; field: string }) => `tensor "${tensor}" stores ${field} unpacked`,
    longName: ({ bytes }: { bytes: number }) => `a name of ${bytes} bytes`,
    longList: ({ bytes }: { bytes: number }) => `a list of ${bytes} bytes`,
    manyNodes: ({ most }: { most: number }) => `it has more than ${most} nodes`,
    manyTensors: ({ most }: { most: number }) => `it has more than ${most} tensors`,
    manyFields: ({ most }: { most: number }) => `it has more than ${most} fields`,
    manyIn: ({ most, what }: { most: number; what: 'dimensions' | 'values' | 'inputs' | 'outputs' | 'pieces' }) =>
      `more than ${most} ${{ dimensions: 'dimensions', values: 'attribute values', inputs: 'inputs', outputs: 'outputs', pieces: 'pieces of data' }[what]} in one place`,
    manyEntries: 'a tensor with too many external_data entries',
    twiceData: ({ tensor }: { tensor: string }) => `tensor "${tensor}" holds its data twice`,
    twiceNamed: ({ tensor }: { tensor: string }) => `two tensors are called "${tensor}"`,
    noOperator: 'a node without an operator',
    shape: ({ tensor, dims }: { tensor: string; dims: string }) => `tensor "${tensor}" has the shape [${dims}]`,
    entry: ({ tensor, key, value }: { tensor: string; key: string; value: string }) =>
      `tensor "${tensor}" has the ${key} "${value}"`,
    externalSize: ({ tensor, bytes, dims }: { tensor: string; bytes: number; dims: string }) =>
      `tensor "${tensor}" has ${bytes} bytes of external data for the shape [${dims}]`,
    outsideData: ({ tensor, file, bytes }: { tensor: string; file: string; bytes: number }) =>
      `tensor "${tensor}" lies outside ${file} (${bytes} bytes)`,
    outside: ({ tensor }: { tensor: string }) => `tensor "${tensor}" lies outside the file`,
    size: ({ tensor, bytes, dims }: { tensor: string; bytes: number; dims: string }) =>
      `tensor "${tensor}" has ${bytes} bytes for the shape [${dims}]`,
    noField: ({ tensor, field }: { tensor: string; field: string }) => `tensor "${tensor}" has no ${field}`,
    fieldSize: ({ tensor, bytes, field, dims }: { tensor: string; bytes: number; field: string; dims: string }) =>
      `tensor "${tensor}" has ${bytes} bytes of ${field} for the shape [${dims}]`,
    not16Bit: ({ tensor }: { tensor: string }) => `tensor "${tensor}" has a value that is no 16-bit number`,
    values: ({ tensor }: { tensor: string }) => `tensor "${tensor}" has too many or too large values`,
    filled: ({ tensor, bytes, of }: { tensor: string; bytes: number; of: number }) =>
      `tensor "${tensor}" has ${bytes} of ${of} bytes`,
  },
  gguf: ({ what }: { what: string }) => ({
    message: `The GGUF file is damaged or not one that Sieve reads: ${what}.`,
    hint: 'Download the model again, or choose another one.',
  }),
  /** What is wrong with a GGUF file. */
  ggufHas: {
    noMagic: 'it does not begin as a GGUF file',
    version: ({ version }: { version: number }) => `its version is ${version}, not 2 or 3`,
    cutOff: ({ bytes, at }: { bytes: number; at: number }) =>
      `it has ${bytes} bytes, and what begins at ${at} needs more`,
    long: ({ bytes, most }: { bytes: number; most: number }) => `a text of ${bytes} bytes; at most ${most} are read`,
    many: ({ what, most }: { what: 'tensors' | 'keys' | 'items'; most: number }) =>
      `it has more than ${most} ${{ tensors: 'tensors', keys: 'keys', items: 'values in lists' }[what]}`,
    valueType: ({ type, at }: { type: number; at: number }) => `a value of type ${type} at byte ${at}`,
    deep: ({ at }: { at: number }) => `lists within lists at byte ${at}`,
    twice: ({ name }: { name: string }) => `"${name}" stands in it twice`,
    rank: ({ tensor, rank }: { tensor: string; rank: number }) => `tensor "${tensor}" has ${rank} dimensions`,
    shape: ({ tensor, dims }: { tensor: string; dims: string }) => `tensor "${tensor}" has the shape [${dims}]`,
    alignment: ({ value }: { value: string }) => `its alignment is ${value}`,
    outside: ({ tensor }: { tensor: string }) => `tensor "${tensor}" lies outside the file`,
    type: ({ tensor, type }: { tensor: string; type: number }) =>
      `tensor "${tensor}" is quantised in a way that is not read (ggml type ${type})`,
    row: ({ tensor, type, width, block }: { tensor: string; type: string; width: number; block: number }) =>
      `a row of tensor "${tensor}" has ${width} values, but ${type} comes in blocks of ${block}`,
    noTensor: ({ tensor }: { tensor: string }) => `it has no tensor for ${tensor}`,
    otherShape: ({ tensor, dims, wanted }: { tensor: string; dims: string; wanted: string }) =>
      `${tensor} has the shape [${dims}], but its metadata makes it [${wanted}]`,
    unread: ({ tensor }: { tensor: string }) => `the model it describes has no place for tensor "${tensor}"`,
    turned: ({ turned, size }: { turned: string; size: number }) =>
      `its RoPE turns ${turned} of the ${size} dimensions of a head`,
  },
  ggufArchitecture: ({ name, known }: { name: string; known: string }) => ({
    message: `This GGUF file holds a model of architecture "${name}".`,
    hint: `Sieve reads GGUF files of these: ${known}. Choose another file of the model, or another model.`,
  }),
  ggufRope: ({ scaling }: { scaling: string }) => ({
    message: `This GGUF file stretches its RoPE in a way that Sieve does not read (${scaling}).`,
    hint: 'Choose another file of the model (ONNX or safetensors).',
  }),
  ggufTokenizer: ({ what, value }: { what: 'model' | 'pre' | 'tokens' | 'long'; value: string }) => ({
    message: {
      model: `The GGUF file's tokenizer is of a kind that Sieve does not know: ${value}.`,
      pre: `The GGUF file's tokenizer cuts texts in a way that Sieve does not know: ${value}.`,
      tokens: `The GGUF file's tokenizer is not whole: ${value} is missing or no list of the right kind.`,
      long: `The GGUF file's tokenizer has a piece that is too long: "${value}".`,
    }[what],
    hint: 'Choose another file of the model (ONNX or safetensors).',
  }),
  safetensors: ({ file, what }: { file: string; what: string }) => ({
    message: `${file} is damaged: ${what}.`,
    hint: 'Save or download the file again.',
  }),
  /** What is wrong with a safetensors file. */
  safetensorsHas: {
    short: 'it is too short to hold a header',
    header: ({ bytes, of }: { bytes: number; of: number }) => `its header claims ${bytes} bytes of ${of}`,
    notJson: ({ why }: { why: string }) => `its header is not JSON (${why})`,
    noObject: 'its header is not an object',
    manyTensors: ({ most }: { most: number }) => `it lists more than ${most} tensors`,
    overlap: ({ tensor }: { tensor: string }) => `tensor "${tensor}" overlaps another`,
    gap: ({ tensor }: { tensor: string }) => `tensor "${tensor}" leaves a gap before it`,
    cover: ({ bytes, of }: { bytes: number; of: number }) => `its tensors cover ${bytes} of ${of} bytes`,
    noTensor: ({ tensor }: { tensor: string }) => `it has no tensor "${tensor}"`,
    unreadable: ({ tensor, type }: { tensor: string; type: string }) =>
      `tensor "${tensor}" is of type ${type}; only F32, F16 and BF16 can be read`,
    noDescription: ({ tensor }: { tensor: string }) => `tensor "${tensor}" has no description`,
    type: ({ tensor, type }: { tensor: string; type: string }) => `tensor "${tensor}" has the unknown type ${type}`,
    shape: ({ tensor }: { tensor: string }) => `tensor "${tensor}" has no valid shape`,
    offsets: ({ tensor }: { tensor: string }) => `tensor "${tensor}" has no valid offsets`,
    outside: ({ tensor }: { tensor: string }) => `tensor "${tensor}" lies outside the file`,
    misfit: ({ tensor, bytes }: { tensor: string; bytes: number }) =>
      `tensor "${tensor}" has a shape that does not fit its ${bytes} bytes`,
  },
  write: {
    values: ({ tensor, values, dims }: { tensor: string; values: number; dims: string }) => ({
      message: `Tensor "${tensor}" has ${values} values for the shape [${dims}].`,
    }),
    twice: ({ tensor }: { tensor: string }) => ({ message: `Tensor "${tensor}" appears twice.` }),
  },
  /** A model's own chat template; `answer` is the reason beside a row. */
  chatTemplate: {
    endless: { message: 'The chat template writes text without end, so it was stopped.', hint: OTHER_TEMPLATE },
    long: ({ characters, most }: { characters: number; most: number }) => ({
      message: `The chat template has ${characters} characters; at most ${most} are read.`,
      hint: 'Use the plain template.',
    }),
    unreadable: ({ why }: { why: string }) => ({
      message: `The chat template cannot be read: ${why}`,
      hint: OTHER_TEMPLATE,
    }),
    today:
      'it asks for today’s date (strftime_now), which Sieve does not give: a prompt trained on today must have the same date tomorrow',
    answer: 'the template begins an answer differently when it writes one than when it asks for one',
  },
};
