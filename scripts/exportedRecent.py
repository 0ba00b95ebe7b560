"""Networks of timm 1.0 and transformers 5 for docs/networks.md, none of which the ops were made for: see exportNetworks.py."""

from exportedNetworks import TEXT, from_timm, from_transformers, images

UNOPTIMISED = "dynamo, not optimised"

for name, size, options in [
    ("inception_next_atto", 64, {}),
    ("xception41", 64, {}),
    ("tf_efficientnetv2_b0", 64, {}),
    ("efficientnet_es", 64, {}),
    ("resnest14d", 64, {}),
    ("skresnet18", 64, {}),
    ("ecaresnet26t", 64, {}),
    ("gcresnext26ts", 64, {}),
    ("lambda_resnet26t", 64, {}),
    ("res2net50_26w_4s", 64, {}),
    ("dpn48b", 64, {}),
    ("repghostnet_050", 64, {}),
    ("repvit_m0_9", 64, {}),
    ("fasternet_t0", 64, {"drop_path_rate": 0.0}),
    ("hgnetv2_b0", 64, {}),
    ("cs3darknet_focus_s", 64, {}),
    ("tresnet_m", 64, {}),
    ("caformer_s18", 64, {"drop_path_rate": 0.0}),
    ("mobilevitv2_050", 64, {}),
    ("focalnet_tiny_srf", 64, {"drop_path_rate": 0.0}),
    ("xcit_nano_12_p16_224", 64, {"img_size": 64, "drop_path_rate": 0.0}),
    ("cait_xxs24_224", 64, {"img_size": 64, "depth": 2}),
    ("gmlp_ti16_224", 64, {"img_size": 64}),
    ("pvt_v2_b0", 64, {"drop_path_rate": 0.0}),
    ("mambaout_femto", 64, {}),
    ("nf_regnet_b0", 64, {}),
    ("ese_vovnet19b_dw", 64, {}),
    ("hrnet_w18_small", 64, {}),
    ("fbnetc_100", 64, {}),
    ("mixnet_s", 64, {}),
]:
    for exporter in ("legacy", UNOPTIMISED):
        from_timm(name, size, exporter, **options)

for label, config, model, options in [
    ("convbert", "ConvBertConfig", "ConvBertForSequenceClassification", {**TEXT, "embedding_size": 16}),
    ("roformer", "RoFormerConfig", "RoFormerForSequenceClassification", TEXT),
    ("mpnet", "MPNetConfig", "MPNetForSequenceClassification", TEXT),
    ("modernbert", "ModernBertConfig", "ModernBertForSequenceClassification", TEXT),
    ("gemma2", "Gemma2Config", "Gemma2ForCausalLM", {**TEXT, "num_key_value_heads": 1, "head_dim": 8}),
    ("qwen3", "Qwen3Config", "Qwen3ForCausalLM", {**TEXT, "num_key_value_heads": 1, "head_dim": 8}),
    ("bloom", "BloomConfig", "BloomForCausalLM", {"vocab_size": 50, "hidden_size": 16, "n_layer": 2, "n_head": 2}),
    ("gptneox", "GPTNeoXConfig", "GPTNeoXForCausalLM", TEXT),
    ("opt", "OPTConfig", "OPTForCausalLM", {**TEXT, "ffn_dim": 32, "word_embed_proj_dim": 16}),
    ("mistral", "MistralConfig", "MistralForCausalLM", {**TEXT, "num_key_value_heads": 1}),
    ("phi", "PhiConfig", "PhiForCausalLM", TEXT),
    ("xlnet", "XLNetConfig", "XLNetForSequenceClassification", {"vocab_size": 50, "d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 32, "num_labels": 3}),
    ("t5_encoder", "T5Config", "T5EncoderModel", {"vocab_size": 50, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2}),
    ("funnel", "FunnelConfig", "FunnelForSequenceClassification", {"vocab_size": 50, "block_sizes": [1, 1], "d_model": 16, "n_head": 2, "d_head": 8, "d_inner": 32, "num_labels": 3}),
]:
    from_transformers(label, config, model, UNOPTIMISED, **options)

VIT = {"image_size": 32, "patch_size": 8, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
for label, config, model, options in [
    ("beit", "BeitConfig", "BeitForImageClassification", {**VIT, "drop_path_rate": 0.0}),
    ("dinov2", "Dinov2Config", "Dinov2ForImageClassification", VIT),
    ("convnextv2", "ConvNextV2Config", "ConvNextV2ForImageClassification", {"hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1]}),
    ("resnet", "ResNetConfig", "ResNetForImageClassification", {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}),
    ("poolformer", "PoolFormerConfig", "PoolFormerForImageClassification", {"hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1]}),
    ("swinv2", "Swinv2Config", "Swinv2ForImageClassification", {"image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4, "drop_path_rate": 0.0}),
    ("levit", "LevitConfig", "LevitForImageClassification", {"image_size": 32}),
]:
    from_transformers(label, config, model, UNOPTIMISED, images, **options)
