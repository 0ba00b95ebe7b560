"""Models of transformers with small configurations and random weights, saved with save_pretrained."""
import os

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ["HF_HUB_OFFLINE"] = "1"
import torch

from . import torchvisionWithoutOperators  # noqa: F401
import transformers as T

from .case import Case

small = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, vocab_size=60, max_position_embeddings=40)
image = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=32, patch_size=8)
decoder = dict(small, num_key_value_heads=2, head_dim=8, pad_token_id=0)


def state(cls):
    def read(path):
        model = cls.from_pretrained(path)
        return {name: value.detach().float().numpy() for name, value in model.state_dict().items()}
    return read


def folder_case(cls, config, biases, name=None, shard=None, **options):
    def write(folder):
        torch.manual_seed(0)
        target = folder / "model"
        model = cls(config)
        model.save_pretrained(target, **({"max_shard_size": shard} if shard else {}))
        return target
    title = f"{cls.__name__} ({name})" if name else cls.__name__
    return Case(f"folder of {title}", "transformers", write, state(cls), biases, **options)


def bin_case(cls, config, biases, sharded):
    """The older form, pytorch_model.bin: save_pretrained no longer writes it, so the state dict is saved under its name."""
    def write(folder):
        torch.manual_seed(0)
        target = folder / "model"
        target.mkdir()
        model = cls(config)
        model.config.architectures = [cls.__name__]
        model.config.save_pretrained(target)
        state = model.state_dict()
        if not sharded:
            torch.save(state, target / "pytorch_model.bin")
            return target
        import json
        names = list(state)
        parts = [names[::2], names[1::2]]
        index = {}
        for i, part in enumerate(parts):
            file = f"pytorch_model-{i + 1:05}-of-00002.bin"
            torch.save({key: state[key].clone() for key in part}, target / file)
            index |= {key: file for key in part}
        (target / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": index}))
        return target
    return Case(f"folder of {cls.__name__}, pytorch_model.bin{', sharded' if sharded else ''}", "transformers", write, state(cls), biases)


def one_file(cls, config, biases, **options):
    """The safetensors file alone, without its folder's config."""
    def write(folder):
        torch.manual_seed(0)
        cls(config).save_pretrained(folder / "model")
        return folder / "model" / "model.safetensors"

    def read(path):
        from safetensors.torch import load_file
        return {name: value.float().numpy() for name, value in load_file(path).items()}
    return Case(f"model.safetensors of {cls.__name__}", "transformers", write, read, biases, **options)


no_bias = r"no bias"


def cases():
    labels = dict(num_labels=3)
    named = dict(id2label={0: "cat", 1: "dog", 2: "bird"}, label2id={"cat": 0, "dog": 1, "bird": 2})
    seq = ("classifier.bias",)
    bert = T.BertConfig(**small, **named)
    yield folder_case(T.BertForSequenceClassification, bert, seq)
    yield folder_case(T.BertForSequenceClassification, bert, seq, "sharded", shard="10KB")
    yield bin_case(T.BertForSequenceClassification, bert, seq, False)
    yield bin_case(T.BertForSequenceClassification, bert, seq, True)
    yield one_file(T.BertForSequenceClassification, bert, seq)
    yield folder_case(T.BertForTokenClassification, bert, seq)
    yield folder_case(T.BertForMaskedLM, T.BertConfig(**small), ("cls.predictions.bias",), aliases=("cls.predictions.decoder.bias",))
    yield folder_case(T.BertForQuestionAnswering, T.BertConfig(**small), (), refused="softmax over the positions")
    yield folder_case(T.BertForMultipleChoice, T.BertConfig(**small), (), refused="softmax over the choices")
    yield folder_case(T.BertForPreTraining, T.BertConfig(**small), ("cls.predictions.bias", "cls.seq_relationship.bias"), asks=True, aliases=("cls.predictions.decoder.bias",))
    yield folder_case(T.BertForNextSentencePrediction, T.BertConfig(**small), ("cls.seq_relationship.bias",))
    yield folder_case(T.BertModel, T.BertConfig(**small), (), refused="BertModel")
    distil = T.DistilBertConfig(dim=16, n_layers=2, n_heads=2, hidden_dim=32, vocab_size=60, **named)
    yield folder_case(T.DistilBertForSequenceClassification, distil, seq)
    yield folder_case(T.DistilBertForMaskedLM, T.DistilBertConfig(dim=16, n_layers=2, n_heads=2, hidden_dim=32, vocab_size=60), ("vocab_projector.bias",))
    for cls, config in ((T.RobertaForSequenceClassification, T.RobertaConfig), (T.XLMRobertaForSequenceClassification, T.XLMRobertaConfig),
                        (T.CamembertForSequenceClassification, T.CamembertConfig), (T.ElectraForSequenceClassification, T.ElectraConfig)):
        extra = dict(embedding_size=16) if config is T.ElectraConfig else {}
        yield folder_case(cls, config(**small, **extra, **labels), ("classifier.out_proj.bias",))
    yield one_file(T.RobertaForSequenceClassification, T.RobertaConfig(**small, **labels), ("classifier.out_proj.bias",))
    yield folder_case(T.AlbertForSequenceClassification, T.AlbertConfig(**small, embedding_size=8, **labels), seq)
    yield folder_case(T.MobileBertForSequenceClassification, T.MobileBertConfig(vocab_size=60, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, embedding_size=16, intra_bottleneck_size=16, true_hidden_size=16, **labels), seq)
    yield folder_case(T.DebertaForSequenceClassification, T.DebertaConfig(**small, **labels), seq)
    yield folder_case(T.DebertaV2ForSequenceClassification, T.DebertaV2Config(**small, **labels), seq)
    yield folder_case(T.MPNetForSequenceClassification, T.MPNetConfig(**small, **labels), ("classifier.out_proj.bias",))
    yield folder_case(T.ConvBertForSequenceClassification, T.ConvBertConfig(**small, embedding_size=16, conv_kernel_size=3, head_ratio=2, **labels), ("classifier.out_proj.bias",))
    yield folder_case(T.FunnelForSequenceClassification, T.FunnelConfig(vocab_size=60, block_sizes=[1, 1], num_decoder_layers=1, d_model=16, n_head=2, d_head=8, d_inner=32, **labels), ("classifier.linear_out.bias",))
    yield folder_case(T.XLNetForSequenceClassification, T.XLNetConfig(vocab_size=60, d_model=16, n_layer=2, n_head=2, d_inner=32, **labels), ("logits_proj.bias",))
    yield folder_case(T.BartForSequenceClassification, T.BartConfig(vocab_size=60, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=40, **labels), ("classification_head.out_proj.bias",))
    yield folder_case(T.ModernBertForSequenceClassification, T.ModernBertConfig(**small, pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2, **labels), seq)
    yield folder_case(T.GPT2ForSequenceClassification, T.GPT2Config(vocab_size=60, n_embd=16, n_layer=2, n_head=2, n_positions=40, pad_token_id=0, **labels), (), refused=no_bias)
    yield folder_case(T.GPT2LMHeadModel, T.GPT2Config(vocab_size=60, n_embd=16, n_layer=2, n_head=2, n_positions=40), (), refused=no_bias)
    yield one_file(T.GPT2LMHeadModel, T.GPT2Config(vocab_size=60, n_embd=16, n_layer=2, n_head=2, n_positions=40), (), refused=no_bias)
    yield folder_case(T.LlamaForSequenceClassification, T.LlamaConfig(**decoder, **labels), (), refused=no_bias)
    yield folder_case(T.LlamaForCausalLM, T.LlamaConfig(**decoder), (), refused=no_bias)
    yield folder_case(T.Qwen2ForTokenClassification, T.Qwen2Config(**decoder, **labels), ("score.bias",))
    yield folder_case(T.T5ForConditionalGeneration, T.T5Config(vocab_size=60, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2), (), refused=no_bias)
    yield one_file(T.T5ForConditionalGeneration, T.T5Config(vocab_size=60, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2), (), refused=no_bias)
    yield folder_case(T.ViTForImageClassification, T.ViTConfig(**image, **named), seq)
    yield one_file(T.ViTForImageClassification, T.ViTConfig(**image, **named), seq)
    yield folder_case(T.DeiTForImageClassification, T.DeiTConfig(**image, **labels), seq)
    yield folder_case(T.DeiTForImageClassificationWithTeacher, T.DeiTConfig(**image, **labels), ("cls_classifier.bias", "distillation_classifier.bias"), asks=True)
    yield folder_case(T.BeitForImageClassification, T.BeitConfig(**image, **labels), seq)
    yield folder_case(T.Dinov2ForImageClassification, T.Dinov2Config(**image, **labels), seq)
    yield folder_case(T.SwinForImageClassification, T.SwinConfig(image_size=32, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[2, 2], window_size=4, **labels), seq)
    yield folder_case(T.ConvNextForImageClassification, T.ConvNextConfig(hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, **labels), seq)
    yield folder_case(T.ResNetForImageClassification, T.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], **labels), ("classifier.1.bias",))
    yield folder_case(T.RegNetForImageClassification, T.RegNetConfig(embedding_size=8, hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], groups_width=8, **labels), ("classifier.1.bias",))
    yield folder_case(T.MobileNetV2ForImageClassification, T.MobileNetV2Config(depth_multiplier=0.25, min_depth=8, **labels), seq)
    yield folder_case(T.PoolFormerForImageClassification, T.PoolFormerConfig(hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], **labels), seq)
    yield folder_case(T.SegformerForSemanticSegmentation, T.SegformerConfig(hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], num_attention_heads=[1, 1, 2, 2], decoder_hidden_size=16, **labels), ("decode_head.classifier.bias",))
    yield folder_case(T.SegformerForImageClassification, T.SegformerConfig(hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], num_attention_heads=[1, 1, 2, 2], **labels), seq)
    speech = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, conv_dim=(8, 8), conv_kernel=(3, 3), conv_stride=(2, 2), num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2, vocab_size=12, classifier_proj_size=8)
    yield folder_case(T.Wav2Vec2ForSequenceClassification, T.Wav2Vec2Config(**speech, **labels), seq)
    yield folder_case(T.Wav2Vec2ForCTC, T.Wav2Vec2Config(**speech), ("lm_head.bias",))
    yield folder_case(T.HubertForSequenceClassification, T.HubertConfig(**speech, **labels), seq)
    yield folder_case(T.ASTForAudioClassification, T.ASTConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, max_length=64, num_mel_bins=32, **labels), ("classifier.dense.bias",))
    yield folder_case(T.WhisperForAudioClassification, T.WhisperConfig(vocab_size=60, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, classifier_proj_size=8, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1, **labels), seq)
    yield folder_case(T.YolosForObjectDetection, T.YolosConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=[32, 32], patch_size=8, num_detection_tokens=4, **labels), ("class_labels_classifier.layers.2.bias", "bbox_predictor.layers.2.bias"), asks=True)
    yield folder_case(T.CLIPModel, T.CLIPConfig(text_config=dict(small, projection_dim=8), vision_config=dict(image, projection_dim=8), projection_dim=8), (), refused="CLIPModel")
    yield folder_case(T.BertForSequenceClassification, T.BertConfig(**small, num_labels=1, problem_type="regression"), seq, "regression")
    yield folder_case(T.BertForSequenceClassification, T.BertConfig(**small, num_labels=4, problem_type="multi_label_classification"), seq, "multi-label")
    half = T.BertConfig(**small, **named)
    half.dtype = "bfloat16"

    def write_half(folder):
        torch.manual_seed(0)
        T.BertForSequenceClassification(half).to(torch.bfloat16).save_pretrained(folder / "model")
        return folder / "model"
    yield Case("folder of BertForSequenceClassification (bfloat16)", "transformers", write_half, state(T.BertForSequenceClassification), seq)

    def write_shard(folder):
        T.BertForSequenceClassification(bert).save_pretrained(folder / "model", max_shard_size="10KB")
        return sorted((folder / "model").glob("model-*.safetensors"))[0]
    yield Case("one shard of a sharded model", "transformers", write_shard, state(T.BertForSequenceClassification), (), refused=r"model\.safetensors\.index\.json",
               way=lambda folder: folder_case(T.BertForSequenceClassification, bert, seq, "sharded", shard="10KB"))
