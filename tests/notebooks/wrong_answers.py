"""Typical wrong answers to the exercises of the lessons, and words of the hint to each."""

from __future__ import annotations

#: Name of a lesson → number of an exercise → (answer, as it would be typed; words of the hint).
WRONG: dict[str, dict[int, list[tuple[str, str]]]] = {
    "01_entropy_of_a_neuron": {
        1: [
            ("formula=np.log(5)", "five sides"),
            ("formula=np.log2(6)", "These are bits"),
            ("formula=-np.log(6)", "the sign is not"),
            ("formula=1 / 6", "not yet a surprise"),
            ("measured=inb.entropy(inb.from_arrays({'die': rng.integers(1, 7, (60_000, 1)) * 1.0}),"
             " bins=5).item()", "two of the faces share one"),
            ("measured=inb.entropy(inb.from_arrays({'die': rng.integers(1, 7, (60_000, 1)) * 1.0}),"
             " bins=6)", "DataArray (layer: 1, neuron: 1)"),
        ],
        2: [
            ("own=louder('common')", "These are the changes with common edges"),
            ("common=[0, 0, 0]", "Nothing changes with own edges"),
            ("common=-louder('common')", "the sign is not"),
            ("common=louder('common', 'lazy')", "if the lazy neuron is multiplied"),
            ("common=louder('common')[0]", "This is a number; an array is asked for"),
        ],
        3: [
            ("clean=np.log(2)", "These are nats"),
            ("clean=np.log2(20)", "does not help a neuron that has two answers"),
            ("noisy_20=entropy.values[0, 2] / np.log(2)", "That is the diverse neuron"),
            ("noisy_20=entropy.values[0, 1]", "These are nats"),
            ("noisy_100=bits_of('copying', 20)", "That is the value in 20 bins"),
        ],
        4: [
            ("few=5000", "that answers the other question"),
            ("few=1000", "take fewer"),
            ("enough=50", "that answers the other question"),
            ("enough=1000", "take more"),
            ("few=2.5", "a whole number"),
            ("few=1", "a number between 10 and 100,000"),
        ],
    },
    "02_mutual_information_of_two_neurons": {
        1: [
            ("exact=exact_information(0.6)", "These are nats"),
            ("exact=0.5 * np.log2(1 / (1 - 0.6))", "squared in the formula"),
            ("scaled=float(information(pair, unit='bit').mean())", "before one neuron"),
            ("scaled=estimate_of(1000, unit='nat')", "ask for `unit='bit'`"),
            ("mended=estimate_of(1000)", "unlike scale"),
        ],
        2: [
            ("correlation=shared_with_label()", "That is the MI"),
            ("correlation=1.0", "with itself"),
            ("correlation=np.corrcoef(label, neuron)", "an array of shape (2, 2)"),
            ("shared=0.0", "a difference of spread"),
            ("shared=np.log(2)", "the entropy of the label"),
            ("most=1.0", "These are bits"),
            ("most=shared_with_label()", "That is what it shares"),
        ],
        3: [
            ("share=group.mean()", "their share of the samples"),
            ("share=share_of(group, 'mean')", "the share is of sums"),
            ("share=share_of(~group)", "the share of all others"),
            ("share=information(rare, k=10, pointwise=True)", "DataArray (sample: 2000)"),
        ],
    },
    "03_choosing_an_estimator": {
        1: [
            ("formula_says=20**2 / 1000", "B − 1, squared"),
            ("formula_says=19 / 1000", "there are cells, not bins"),
            ("measured=19**2 / 1000", "`plug_in` was measured"),
            ("correction='plug-in'", "Without a correction"),
            ("correction='miller-madow'", "many samples in each cell"),
            ("correction='permutations'", "Did you mean 'permutation'?"),
        ],
        2: [
            ("shared=information(half, estimator='ksg').item()", "MI is never negative"),
            ("shared=exact_information(0.6)", "before the ReLU"),
            ("thrown_away=exact_after_relu(0.6, 0.5)", "That is what is left"),
            ("thrown_away=exact_after_relu(0.6, 0.5) - exact_information(0.6)", "the sign is not"),
        ],
        3: [
            ("error=float(information(fine_grid).mean())", "That is the estimate itself"),
            ("error=information(fine_grid)", "DataArray (seed: 10)"),
            ("mended=too_high()", "has the noise been added"),
            ("mended=too_high(width=80)", "The noise is too wide"),
        ],
    },
    "04_two_kinds_of_memorization": {
        1: [
            ("at_one=1.0", "a coin may fall on the true side"),
            ("at_half=0.5", "how many of those are wrong?"),
            ("at_half=25", "per cent"),
            ("at_half=wrong_share(0.5) * 3", "the share of right labels"),
        ],
        2: [
            ("opposite=1.0", "where c1 agrees"),
            ("silent=0.0", "c1 lies between 0 and 1"),
            ("silent=float(correct.sel(alpha=1.0, points='silent'))", "how often the networks"),
            ("nothing_but='yes'", "the networks are right far more often"),
            ("nothing_but=True", "a text is asked for"),
        ],
        3: [
            ("agrees=change(found['alpha'].entropy).mean()", "the change of the entropy"),
            ("agrees=change(found['alpha'].MI)", "DataArray (seed: 5)"),
            ("agrees=found['alpha'].MI.sel(alpha=1.0).mean()", "subtract that at α = 0"),
            ("silent=change(found['alpha'].MI).mean()", "points whose c1 agrees"),
            ("silent=mean_rise('opposite')", "where c1 says the opposite"),
        ],
    },
    "05_activations_as_labelled_data": {
        1: [
            ("misread=acts.sizes['sample']", "compare `label` with `prediction`"),
            ("misread=int((acts.label == acts.prediction).sum())", "reads rightly"),
            ("misread=acts.label != acts.prediction", "DataArray (sample: 797)"),
            ("digit=4", "None of this digit is misread"),
            ("digit=10", "between 0 and 9"),
        ],
        2: [
            ("difference=difference_of(in_units=False)", "In units of the standard deviation"),
            ("difference=difference_of(sign=-1)", "Zeros minus others"),
            ("difference=difference_of('fc1')", "This has the shape (128,)"),
            ("best=int(abs(difference_of('fc1')).idxmax('neuron'))", "a neuron of fc1"),
            ("best=2.37", "a whole number"),
        ],
        3: [
            ("gone=whole - by_digit.mean('label')", "not equally frequent"),
            ("gone=left_of()", "subtract it from `whole`"),
            ("gone=(left_of() - whole)", "the sign is not"),
            ("gone=(whole - left_of()).median('neuron')", "This has the dims (layer)"),
            ("what='entropy of the label'", "the same number for all neurons"),
            ("what='a bias of the bins'", "the same on both sides"),
        ],
    },
    "06_your_own_model": {
        1: [
            ("neurons=130", "leave the last Linear layer out"),
            ("neurons=64", "That is one layer"),
            ("neurons=2", "the number of layers"),
            ("neurons=neurons_of(['Linear', 'Conv2d'], -1)", "The convolutions are among them"),
        ],
        2: [
            ("by_hand=F.max_pool2d(net.blocks[0].conv(inputs), 2).mean(dim=(2, 3))",
             "The ReLU is missing"),
            ("by_hand=F.relu(net.blocks[0].conv(inputs)).mean(dim=(2, 3))",
             "The pooling is missing"),
            ("by_hand=F.max_pool2d(F.relu(net.blocks[0].conv(inputs)), 2).amax(dim=(2, 3))",
             "not the maximum"),
            ("by_hand=of_block().T", "This has the shape (16, 597)"),
        ],
        3: [
            ("real_only=moved(reduce=over_all)", "leave `reduce` as it is"),
            ("real_only=3.0", "how large an activation is"),
            ("all_positions=0.0", "give it `reduce=lambda x: x.mean(dim=1)`"),
            ("all_positions=moved('mean', reduce=over_all)", "That is the mean change"),
        ],
    },
    "07_reports": {
        1: [
            ("low=runs[noises.index(0.25)].entropy.median()", "the median with 100 bins"),
            ("low=runs[noises.index(0.25)].mutual_information.median()", "knows nothing of bins"),
            ("trained=2", "measured again, but not trained"),
            ("low='2.0'", "This is the text"),
        ],
        2: [
            ("networks=4", "two seeds of each"),
            ("networks=6", "they multiply"),
            ("trained=8", "kept from the loop"),
            ("trained=0", "nothing is kept of it"),
            ("dims=2", "one more is added"),
            ("dims=5", "a number of a network"),
        ],
        3: [
            ("train=share_right('validation')", "the share of the validation labels"),
            ("train=runs[2].final_train_accuracy.mean()", "another setting's"),
            ("validation=share_right('validation', WEAK)", "the weak shortcut"),
            ("ratio=1 / ratio_of()", "not the other way round"),
            ("ratio=ratio_of('entropy')", "the ratio of the entropies"),
        ],
    },
    "08_a_null_and_an_interval": {
        1: [
            ("real=binned_of(none)", "That is the permuted neurons"),
            ("real=binned_of(one, diagonal=True)", "a neuron with itself is no pair"),
            ("null=0.0", "what does this estimator say?"),
            ("null=binned_of(none, diagonal=True)", "a neuron with itself is no pair"),
            ("share=1 - binned_of(none) / binned_of(one)", "what is left"),
            ("share=binned_of(one) / binned_of(none)", "not the other way round"),
        ],
        2: [
            ("alike=0.5**6", "there are two such outcomes"),
            ("alike=64", "the number of outcomes"),
            ("some=0.3", "how many come out on average"),
            ("some=0.05", "for one question"),
            ("some=0.95**6", "none of them does"),
        ],
        3: [
            ("two=width_of(2, half=True)", "half of the width"),
            ("two=width_of(2, normal=True)", "1.96 is for many seeds"),
            ("three=width_of(5)", "the width for 5 seeds"),
            ("five=width_of(5, normal=True)", "1.96 is for many seeds"),
        ],
    },
    "09_reading_results_critically": {
        1: [
            ("by_thought=0.5", "only a quarter of the pairs"),
            ("by_thought=np.sqrt(0.5)", "neurons that live"),
            ("measured=first_dead()", "divide by 32"),
            ("measured=0.1", "not 0 yet"),
            ("measured=0.5", "look for the first"),
        ],
        2: [
            ("common=inb.entropy(second).sel(layer='fc3')", "DataArray (neuron: 32)"),
            ("common=0.0", "its bins are those of the whole network"),
            ("common=-louder('common')", "the sign is not"),
            ("own=louder('common')", "the change in common bins"),
            ("own=0.5", "The scale still shows"),
        ],
        3: [
            ("rate=settings.learning_rate", "no larger than the rate that was used"),
            ("rate=2", "between 0.0001 and 0.5"),
            ("gives_away='MI'", "MI needs no labels"),
            ("gives_away='accuracy on training digits'", "Both learn what they were trained on"),
        ],
    },
    "10_memorized_or_learnt": {
        1: [
            ("outside=float(score.sel(sample=odd).mean())", "over all trainings"),
            ("outside=share_right(False)", "where it was in the training set"),
            ("memorization=share_right(True)", "how often they are right without it"),
            ("memorization=share_right(False)", "subtract what they know without it"),
            ("memorization=share_right(True) - share_right(False)", "the sign is not"),
        ],
        2: [
            ("two=0.75", "V, not U − V"),
            ("two=1", "That is without a copy"),
            ("two=1 / 16", "one *is* left out already"),
            ("four=0.25", "That is with one other copy"),
            ("four=0.75**3", "one is enough"),
            ("four=0", "not never"),
        ],
        3: [
            ("learnt=share_learnt(model, 'wrong')", "trained to the end"),
            ("learnt=share_learnt(stopped, 'clean')", "That is the clean digits"),
            ("area=float(auroc(of_pixels, single.is_wrong).auroc)", "turn it around"),
            ("can='yes'", "has this network memorized them"),
        ],
    },
    "11_reading_a_language_models_neurons": {
        1: [
            ("three=2 / 3", "the share of real tokens"),
            ("three=10", "divide by all places"),
            ("three=0.5", "in units of the real tokens"),
            ("two=0.5", "cut to its own longest text"),
            ("two=5 / 6", "the share of real tokens"),
        ],
        2: [
            ("known=2", "That counts the padding"),
            ("known=1.8", "divides by all five places"),
            ("known=1", "reduce='first'"),
            ("unknown=3", "without a mask it cannot"),
            ("unknown=1.8", "the network computes there"),
        ],
        3: [
            ("median=last_median(48, masked=True)", "padded on the right"),
            ("median=last_median(48, masked=False, side='left')", "That is without the mask"),
            ("median=last_median(48, masked=True, side='left', reduce='mean')", "the mean over"),
            ("changed='the weights'", "Nothing was trained"),
            ("changed='which tokens are seen'", "The mask leaves padding out"),
        ],
    },
    "12_whose_memory_is_this": {
        1: [
            ("of_memory=last(careless, 'C')", "the null has one, too"),
            ("of_memory=last(careless, 'E')", "what is no memory"),
            ("of_memory=last(careless, 'C') - last(careless, 'I')", "the null is E"),
            ("share=last(careless, 'E') / last(careless, 'C')", "*no* memory"),
        ],
        2: [
            ("exchanged=last(found, 'C')", "Its sign turns"),
            ("exchanged=-last(found, 'I')", "those are other images"),
            ("group='C'", "seen by the other model now"),
            ("group='E'", "Nobody has seen E"),
        ],
        3: [
            ("shown=gap('min_dist', 'A')", "sorted by the distance"),
            ("by_chance=0", "picked for their gap"),
            ("by_chance=gap('max_pred_gap', 'A')", "That is A again"),
            ("honest=gap('max_pred_gap', 'A')", "sort by the distance"),
            (
                "honest=gap('max_pred_gap', 'A') - gap('max_pred_gap', 'C')",
                "picks by the gap itself",
            ),
        ],
    },
    "13_can_it_recite": {
        1: [
            ("score=7 / 8", "does not look for the best fit"),
            ("score=0.75", "not of those up to the slip"),
            ("score=3", "the score is their share"),
            ("before_slip=4", "right *before* it"),
        ],
        2: [
            ("false_alarms=called(CHAIN, 8)", "where all 8 must be right"),
            ("false_alarms=called(CHAIN, 6) - called(CHAIN, 7)", "Or more"),
            ("false_alarms=called(NEVER, 6)", "of the random ones"),
            ("chance=1 / 8", "how many are written"),
            ("chance=32 ** -8", "that all are right"),
            ("chance=float(of_group(told, NEVER).score.mean())", "what came out of 200 texts"),
        ],
        3: [
            ("greedily=in_tries(1_000_000)", "in a million tries"),
            ("in_a_million=in_tries(1000)", "in a thousand tries"),
            ("remembers='chain'", "which has more bits"),
        ],
    },
}  # fmt: skip
