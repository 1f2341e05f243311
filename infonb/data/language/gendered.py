"""English words that tell a person's gender: pronouns, titles, nouns, first names."""

from __future__ import annotations

__all__ = ["FIRST_NAMES", "NOUNS", "PRONOUNS", "TITLES"]

_NOUNS = """
woman women man men girl girls boy boys lady ladies gentleman gentlemen female females male
males mother mothers father fathers mom moms mum mums dad dads mama papa daughter daughters son
sons sister sisters brother brothers wife wives husband husbands bride groom widow widower aunt
aunts uncle uncles niece nieces nephew nephews grandmother grandmothers grandfather grandfathers
grandma grandpa granddaughter grandson stepmother stepfather godmother godfather girlfriend
boyfriend girlfriends boyfriends motherhood fatherhood sisterhood brotherhood alumna alumnae
alumnus actress actresses waitress waitresses hostess stewardess heroine businesswoman
businesswomen businessman businessmen chairwoman chairman spokeswoman spokesman congresswoman
congressman policewoman policeman sportswoman sportsman craftswoman craftsman saleswoman
salesman
"""

_FEMALE = """
Abigail Agnes Alexandra Alice Alicia Alison Amanda Amelia Amy Andrea Angela Anita Ann Anna Anne
Annie Audrey Barbara Beatrice Bertha Betty Beverly Brenda Brittany Carla Carol Caroline Carolyn
Catherine Cecilia Cheryl Christina Christine Cindy Clara Claudia Cynthia Danielle Deborah Debra
Denise Diana Diane Donna Doris Dorothy Edith Eileen Elaine Eleanor Elena Elise Elizabeth Ellen
Emily Emma Erica Esther Eva Evelyn Fatima Fiona Frances Gabriela Gloria Hannah Heather Helen
Helena Ingrid Irene Isabel Isabella Jacqueline Jane Janet Janice Jasmine Jennifer Jessica Joan
Joanna Josephine Judith Judy Julia Julie Karen Kate Katherine Kathleen Kathryn Katie Kelly
Kimberly Laura Lauren Leah Leila Linda Lisa Lucia Lucy Lydia Margaret Maria Marie Marilyn Marta
Martha Mary Megan Melanie Melissa Mia Michelle Miriam Monica Nadia Nancy Naomi Natalie Nicole
Nina Nora Olga Olivia Pamela Patricia Paula Phyllis Priya Rachel Rebecca Rosa Ruth Samantha
Sandra Sara Sarah Sharon Sheila Shirley Silvia Simone Sofia Sonia Sophia Sophie Stella Stephanie
Susan Suzanne Sylvia Tamara Tanya Teresa Theresa Tiffany Ursula Valerie Vanessa Vera Veronica
Victoria Wendy Yasmin Yvonne Zoe
"""

_MALE = """
Aaron Adrian Ahmed Alan Albert Alejandro Alex Alexander Alfred Ali Andreas Andrew Anthony
Antonio Arthur Benjamin Bernard Boris Brandon Brian Bruce Bryan Carl Carlos Charles Chris
Christian Christopher Dan Daniel Darren Dave David Dennis Derek Diego Dmitri Donald Douglas
Dylan Edgar Edward Edwin Emil Enrique Eric Erik Ernest Ethan Eugene Felix Fernando Francesco
Francisco Frederick Gabriel Gary Geoffrey George Gerald Giovanni Greg Gregory Gustav Hans Harold
Harry Hassan Henrik Henry Herbert Hugo Ian Isaac Ivan Jacob Jake James Jan Jason Jeff Jeffrey
Jeremy Jerome Jerry Jim Joe Joel Johannes John Jonathan Jorge Jose Joseph Joshua Juan Julian
Justin Karl Keith Kenneth Kevin Klaus Kurt Larry Lars Leonard Liam Louis Luca Lucas Luigi Luis
Manuel Marco Marcus Mario Martin Matthew Max Michael Miguel Mike Mohammed Nathan Neil Nicholas
Nicolas Nikolai Noah Norman Oliver Oscar Otto Pablo Patrick Paul Pedro Peter Philip Pierre
Rafael Rahul Ralph Raymond Ricardo Richard Robert Roberto Rodrigo Roger Roland Ronald Roy Rudolf
Samuel Sanjay Sean Sebastian Sergei Simon Stanley Stefan Stephen Steve Steven Stuart Theodore
Timothy Tim Tom Tony Victor Viktor Vincent Vladimir Walter Wolfgang Yusuf Zachary
"""

PRONOUNS = frozenset(("he", "him", "his", "himself", "she", "her", "hers", "herself"))

#: Written with a capital: "to miss" is no title.
TITLES = frozenset(("Mr", "Mrs", "Ms", "Miss", "Mister", "Sir", "Madam", "Ma'am", "Dame"))

NOUNS = frozenset(_NOUNS.split())

#: Common first names. Those that are words, months, places or common family names of their own
#: (Mark, Grace, May, Virginia, Thomas, Scott) are left out.
FIRST_NAMES: dict[str, frozenset[str]] = {
    "female": frozenset(_FEMALE.split()),
    "male": frozenset(_MALE.split()),
}
